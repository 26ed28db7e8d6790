import { computed, type ComputedRef } from 'vue'
import { createI18n } from 'vue-i18n'
import { en } from './en'
import { zh } from './zh'

/** The shape of Chinese with any text in it: a language that lacks a message doesn't compile. */
type Same<T> = { readonly [K in keyof T]: T[K] extends string ? string : Same<T[K]> }
export type Translation = Same<typeof zh>

type Path<T> = { [K in keyof T & string]: T[K] extends string ? K : `${K}.${Path<T[K]>}` }[keyof T & string]
/** Every message there is; a misspelt one doesn't compile. */
export type Message = Path<typeof zh>

export type Language = 'zh' | 'en'
export type Fields = Readonly<Record<string, string | number>>

const remembered = (): Language => (document.documentElement.lang === 'en' ? 'en' : 'zh')

export const i18n = createI18n({
  legacy: false,
  locale: typeof document === 'undefined' ? 'zh' : remembered(),
  fallbackLocale: 'zh',
  messages: { zh, en },
})

export const language: ComputedRef<Language> = computed(() => (i18n.global.locale.value === 'en' ? 'en' : 'zh'))

export function setLanguage(next: Language): void {
  i18n.global.locale.value = next
  document.documentElement.lang = next === 'en' ? 'en' : 'zh-CN'
  localStorage.setItem('linebox.language', next)
}

/** Say a message in the language of the page. A field `n` also chooses singular or plural. */
export function say(message: Message, fields: Fields = {}): string {
  const n = fields.n
  return typeof n === 'number' ? i18n.global.t(message, fields, n) : i18n.global.t(message, fields)
}

/** True when `key` names a message: for words that arrive as data (units, events). */
export const isMessage = (key: string): key is Message => i18n.global.te(key, 'zh')

/** The name in the reader's language, or the other one where it is empty. */
export const nameOf = (named: { name_zh: string; name_en: string }): string =>
  (language.value === 'en' ? named.name_en : named.name_zh) || named.name_zh || named.name_en
