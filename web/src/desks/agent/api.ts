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

export const getPop = (call: string, number: string, keys: About['keys'], signal: AbortSignal): Promise<Pop> =>
  ask<Pop>('/api/desk/pop', { query: { ...(call === '' ? {} : { call }), from: number, keys: keys.map(({ menu, key }) => `${menu}:${key}`).join(',') }, signal, limitMs: 5000 })

export const getDay = (): Promise<MyDay> => ask<MyDay>('/api/me/today')

export const getMyCalls = (query: { limit?: number; cursor?: string; missed?: boolean }): Promise<MyCalls> =>
  ask<MyCalls>('/api/me/calls', { query: { limit: query.limit ?? 50, cursor: query.cursor, follow_up: query.missed === true ? 'true' : undefined } })
