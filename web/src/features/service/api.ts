/** What service records ask of the box; shapes are the API's. */
import { ask } from '@/shared/api/client'
import type { components } from '@/shared/api/schema'

type Shapes = components['schemas']
export type Kept = Shapes['ServiceRecord']
export type RecordInput = Shapes['ServiceRecordInput']
export type Categories = Shapes['ServiceCategories']
export type Category = Shapes['ServiceCategory']
export type Outcome = NonNullable<Kept['outcome']>

export const OUTCOMES: readonly Outcome[] = ['solved', 'follow-up', 'transferred']

const at = (call: string): string => `/api/calls/${encodeURIComponent(call)}/service-record`
export const getRecord = (call: string): Promise<Kept> => ask<Kept>(at(call))
export const putRecord = (call: string, body: RecordInput): Promise<Kept> => ask<Kept>(at(call), { method: 'PUT', body })
export const getCategories = (): Promise<Categories> => ask<Categories>('/api/service-categories')
export const saveCategories = (items: readonly Category[], ifMatch: string): Promise<Categories> =>
  ask<Categories>('/api/service-categories', { method: 'PUT', body: { items }, ifMatch })
