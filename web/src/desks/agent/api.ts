/** What the desk asks of the box; shapes are the API's. */
import { ask } from '@/shared/api/client'
import type { components } from '@/shared/api/schema'
import type { About } from '@/shared/phone/model'

type Shapes = components['schemas']
export type Pop = Shapes['Pop']
export type PastCall = Shapes['PastCall']
export type MyDay = Shapes['MyDay']
export type MyCalls = Shapes['CallPage']
export type MyCall = Shapes['CallRow']
export type ToReturn = Shapes['FollowUp']

export const getPop = (call: string, number: string, keys: About['keys'], signal: AbortSignal): Promise<Pop> =>
  ask<Pop>('/api/desk/pop', { query: { ...(call === '' ? {} : { call }), from: number, keys: keys.map(({ menu, key }) => `${menu}:${key}`).join(',') }, signal, limitMs: 5000 })

export const getDay = (): Promise<MyDay> => ask<MyDay>('/api/me/today')

export const getMyCalls = (query: { limit?: number; cursor?: string }): Promise<MyCalls> => ask<MyCalls>('/api/me/calls', { query: { limit: query.limit ?? 50, cursor: query.cursor } })

/** Callers who reached nobody and are this agent's to call back. */
export const getToReturn = async (limit: number): Promise<readonly ToReturn[]> => (await ask<Shapes['FollowUpPage']>('/api/me/follow-ups', { query: { state: 'unclosed', limit } })).items
