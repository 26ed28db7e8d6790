/** What the settings ask of the box (docs/names.md, "Settings pages"). */
import type { Body } from './kind'
import { ask } from '@/shared/api/client'
import type { components } from '@/shared/api/schema'

export interface Change {
  readonly what: string
  /** null: a new one. */
  readonly key: string | null
  readonly etag: string | null
  /** null: delete it. */
  readonly after: Body | null
  /** What other changes of the draft call a new one, wherever an id stands: `new:1`. */
  readonly ref: string | null
}
export interface Problem {
  /** Its change's place in the draft; null: the whole can't be. */
  readonly change: number | null
  readonly what: string
  readonly key: string | null
  readonly field: string
  readonly code: string
  readonly zh: string
  readonly en: string
}
export interface Preview {
  readonly problems: readonly Problem[]
  readonly difference: readonly { readonly file: string; readonly text: string }[]
  /** False: nothing that calls meet changes, and no generation is made. */
  readonly changes_calls: boolean
  readonly generation: number
  /** Null counts: the live picture is away. */
  readonly impact: { readonly calls: number | null; readonly waiting: number | null; readonly cut: number | null; readonly notes: readonly { readonly zh: string; readonly en: string }[] }
}
export interface Applied {
  readonly generation: number
  readonly changed: boolean
  readonly seconds: number
  readonly log: readonly number[]
  /** All of `log` as one number; null: nothing was saved. */
  readonly act: number | null
  readonly made: readonly Made[]
}
/** A new row's key; `told` is shown this one time (`secret`, `password`, `pin`). */
export interface Made {
  readonly change: number
  readonly what: string
  readonly key: string
  readonly told: Readonly<Record<string, string>>
}
export interface Logged {
  readonly id: number
  /** Equal for what was saved together. */
  readonly act: number
  readonly at: string
  readonly made_by: string
  readonly from_address: string
  readonly what: string
  readonly key: string
  readonly before: Body | null
  readonly after: Body | null
}
export interface LogQuery {
  readonly what?: string
  readonly key?: string
  readonly by?: string
  readonly act?: number
  readonly before?: number
  readonly limit?: number
}
export interface Generation {
  readonly number: number
  readonly state: 'building' | 'refused' | 'switching' | 'current' | 'superseded' | 'rolled-back'
  readonly made_by: string
  readonly note: string
  readonly made_at: string
  readonly switched_at: string | null
  readonly error: Readonly<Record<string, unknown>> | null
}

export const preview = (changes: readonly Change[], signal: AbortSignal): Promise<Preview> =>
  ask<Preview>('/api/settings/preview', { method: 'POST', body: { changes }, signal, limitMs: 60_000 })
export const apply = (changes: readonly Change[], note: string): Promise<Applied> =>
  ask<Applied>('/api/settings/apply', { method: 'POST', body: { changes, note }, limitMs: 120_000 })
/** Put back single entries of the log, or all of an act. */
export const undo = (of: { readonly log: readonly number[] } | { readonly act: number }): Promise<Applied> => ask<Applied>('/api/settings/undo', { method: 'POST', body: of, limitMs: 120_000 })
/** Apply what was saved by other ways. */
/** What a generation changed in the compiled files; only the last few are kept. */
export const pastDifference = (number: number): Promise<components['schemas']['PastDifference']> => ask(`/api/generations/${number}/difference`, { limitMs: 60_000 })
export const applySaved = (note: string): Promise<Pick<Applied, 'generation' | 'changed' | 'seconds'>> => ask('/api/generations', { method: 'POST', body: { note, force: false }, limitMs: 120_000 })
export const unapplied = (): Promise<{ count: number; items: readonly Logged[] }> => ask('/api/settings/unapplied')
export const readLog = (query: LogQuery): Promise<{ items: readonly Logged[] }> => ask('/api/settings-log', { query: { ...query } })
export const generations = (before?: number): Promise<{ items: readonly Generation[]; unapplied: number }> => ask('/api/generations', { query: { before, limit: 50 } })

export interface Planned {
  readonly what: string
  readonly key: string
  readonly before: Body | null
  readonly after: Body | null
}
export interface Imported {
  readonly problems: readonly { readonly line: number | null; readonly path: string; readonly code: string; readonly zh: string; readonly en: string }[]
  readonly count: number
  /** The first 500. */
  readonly changes: readonly Planned[]
  readonly seen: string
  readonly preview: Preview | null
  readonly applied: Applied | null
}
/** A whole configuration: first `dry`, then with the `seen` of that answer. */
export const importFile = (body: { readonly text: string; readonly dry: boolean; readonly seen?: string }): Promise<Imported> =>
  ask<Imported>('/api/settings/import', { method: 'POST', body, limitMs: 120_000 })

export type Tabled = 'extension' | 'agent' | 'number'
/** A column that a table of that kind may have. */
export interface Column {
  readonly name: string
  readonly zh: string
  readonly en: string
  readonly needed: boolean
  readonly help_zh: string
  readonly help_en: string
}
/** A file's rows without the head; `columns`: what each seems to be, empty where no head says it. */
export interface Sheet {
  readonly heads: readonly string[]
  readonly columns: readonly string[]
  readonly rows: readonly (readonly string[])[]
  readonly first_row: number
}
export interface Table {
  readonly columns: readonly string[]
  readonly rows: readonly (readonly string[])[]
  readonly first_row: number
  readonly dry: boolean
  readonly seen?: string
}
export interface Taken {
  readonly made: number
  readonly changed: number
  readonly same: number
  readonly bad: readonly { readonly row: number; readonly problems: readonly { readonly field: string; readonly code: string; readonly zh: string; readonly en: string }[] }[]
  /** The first 200. */
  readonly changes: readonly Planned[]
  readonly seen: string
  readonly applied: Applied | null
}
export const tableColumns = (what: Tabled): Promise<{ items: readonly Column[] }> => ask(`/api/settings/sheets/${what}`)
/** `file`: CSV or XLSX as base64. */
export const readTable = (what: Tabled, file: string): Promise<Sheet> => ask<Sheet>('/api/settings/sheets/read', { method: 'POST', body: { what, file }, limitMs: 60_000 })
/** First `dry`, then with the `seen` of that answer: bad rows are left out. */
export const takeTable = (what: string, body: Table): Promise<Taken> => ask<Taken>(`/api/settings/sheets/${what}`, { method: 'POST', body, limitMs: 120_000 })
