import type { Plugin } from 'vite'

export declare const MANUAL: string
export declare const PAGES: readonly string[]
export declare const anchorsOf: (language: 'zh' | 'en', page: string) => string[]
export declare const titleOf: (language: 'zh' | 'en', page: string) => string
export declare const linksOf: (language: 'zh' | 'en', page: string) => string[]
export declare const htmlOf: (language: 'zh' | 'en', page: string) => string
export declare function manual(): Plugin
