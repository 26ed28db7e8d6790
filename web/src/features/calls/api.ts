import { ask } from '@/shared/api/client'
import type { CallDetail, CallPage, CallQuery } from '@/shared/api/shapes'

export const PAGE = 50

export const listCalls = (query: CallQuery, signal?: AbortSignal): Promise<CallPage> =>
  ask<CallPage>('/api/calls', { query: query as Record<string, string | number | undefined>, ...(signal ? { signal } : {}) })

export const getCall = (id: string, signal?: AbortSignal): Promise<CallDetail> =>
  ask<CallDetail>(`/api/calls/${encodeURIComponent(id)}`, signal ? { signal } : {})

/** The `n`th recording of a call, counted from 0. */
export const recordingUrl = (id: string, n: number): string => `/api/calls/${encodeURIComponent(id)}/recording?n=${n}`
export const downloadUrl = (id: string, n: number): string => `${recordingUrl(id, n)}&download=true`
