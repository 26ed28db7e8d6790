/** What the cards ask of the box; shapes are the API's. */
import { ask } from '@/shared/api/client'
import type { components } from '@/shared/api/schema'

type Shapes = components['schemas']
export type Customer = Shapes['Customer']
export type CustomerInput = Shapes['CustomerInput']
export type CustomerPage = Shapes['CustomerPage']
export type CustomerFields = Shapes['CustomerFields']
export type CustomerField = Shapes['CustomerField']
export type Imported = Shapes['ImportedCustomers']
export type PastCall = Shapes['PastCall']
export type Region = Shapes['RegionName']
export type Sort = 'changed' | 'name' | 'company' | 'level'

/** What a card can be shown from: part of the screen pop. */
export type Known = Pick<Shapes['Pop'], 'customer' | 'region'>

export const PAGE = 50

export interface Wanted {
  text: string
  minLevel: number
  owner: string | null
  sort: Sort
  page: number
}

export const listCustomers = ({ text, minLevel, owner, sort, page }: Wanted, signal: AbortSignal): Promise<CustomerPage> =>
  ask<CustomerPage>('/api/customers', { query: { text, min_level: minLevel, owner: owner ?? undefined, sort, page, limit: PAGE }, signal })

export const getCustomer = (id: number, signal?: AbortSignal): Promise<Customer> => ask<Customer>(`/api/customers/${id}`, signal ? { signal } : {})

/** Make a card, or change the one that was seen as `seen`. */
export const saveCustomer = (body: CustomerInput, seen: Customer | null): Promise<Customer> =>
  seen === null
    ? ask<Customer>('/api/customers', { method: 'POST', body })
    : ask<Customer>(`/api/customers/${seen.id}`, { method: 'PUT', body, ifMatch: seen.etag })

export const deleteCustomer = (seen: Customer): Promise<null> => ask<null>(`/api/customers/${seen.id}`, { method: 'DELETE', ifMatch: seen.etag })

export const getKnown = (number: string, signal: AbortSignal): Promise<Known> => ask<Known>('/api/desk/pop', { query: { from: number }, signal })

export const getFields = (): Promise<CustomerFields> => ask<CustomerFields>('/api/customer-fields')
export const saveFields = (items: readonly CustomerField[], ifMatch: string): Promise<CustomerFields> =>
  ask<CustomerFields>('/api/customer-fields', { method: 'PUT', body: { items }, ifMatch })

export const getHistory = (of: { customer: number } | { number: string }, before: string | undefined, signal: AbortSignal): Promise<Shapes['History']> =>
  ask<Shapes['History']>('/api/desk/history', { query: { ...of, before }, signal })

export const importRows = (columns: readonly string[], rows: readonly (readonly string[])[], firstRow: number, dry: boolean): Promise<Imported> =>
  ask<Imported>('/api/customers/import', { method: 'POST', body: { columns, rows, first_row: firstRow, dry }, limitMs: 30_000 })

export const exportUrl = (language: string): string => `/api/customers/export?language=${language}`
