import { ask } from '@/shared/api/client'
import type { CallDetail, CallPage, CallQuery, RecordingAccess } from '@/shared/api/shapes'

export const PAGE = 50

export const listCalls = (query: CallQuery, signal?: AbortSignal): Promise<CallPage> =>
  ask<CallPage>('/api/calls', { query: query, ...(signal ? { signal } : {}) })

export const getCall = (id: string, signal?: AbortSignal): Promise<CallDetail> =>
  ask<CallDetail>(`/api/calls/${encodeURIComponent(id)}`, signal ? { signal } : {})

/** Who heard or took the call's sounds, the latest first; administrators only. */
export const getAccess = (id: string): Promise<{ items: RecordingAccess[] }> => ask(`/api/calls/${encodeURIComponent(id)}/access`)

/** The `n`th recording of a call, counted from 0. */
export const recordingUrl = (id: string, n: number): string => `/api/calls/${encodeURIComponent(id)}/recording?n=${n}`
export const peaksUrl = (id: string, n: number): string => `/api/calls/${encodeURIComponent(id)}/peaks?n=${n}`
export const voicemailUrl = (id: string): string => `/api/calls/${encodeURIComponent(id)}/voicemail`
export const downloadUrl = (id: string, n: number): string => `${recordingUrl(id, n)}&download=true`
