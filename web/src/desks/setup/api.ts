/** What the wizard asks of the box (docs/names.md, "Setup"). */
import { ask } from '@/shared/api/client'

export const STEPS = ['language', 'secret', 'company', 'network', 'lines', 'people', 'group', 'greeting', 'hours', 'call', 'done'] as const
export type Step = (typeof STEPS)[number]
export type Outcome = 'open' | 'done' | 'skipped'

export interface Span {
  /** 1 = Monday. */
  readonly weekday: number
  /** `09:00`. */
  readonly opens: string
  readonly closes: string
}
export interface Person {
  readonly number: string
  readonly name: string
  readonly practice: boolean
  readonly in_group: boolean
}
export interface Setup {
  readonly done: boolean
  readonly left: boolean
  readonly step: Step
  readonly steps: readonly { readonly name: Step; readonly state: Outcome }[]
  /** The owner has no password of their own yet. */
  readonly fresh: boolean
  /** The box's clock. */
  readonly at: string
  readonly company: { readonly name_zh: string; readonly name_en: string; readonly time_zone: string; readonly language: 'zh' | 'en' }
  readonly practice: boolean
  readonly people: readonly Person[]
  readonly phones: readonly { readonly number: string; readonly name: string }[]
  readonly group: { readonly id: number; readonly name_zh: string; readonly name_en: string } | null
  readonly greeting: { readonly text_zh: string; readonly text_en: string; readonly file_zh: string | null; readonly file_en: string | null }
  readonly hours: { readonly always: boolean; readonly hours: readonly Span[] }
  /** The number that people are told. */
  readonly number: string
}

export type Verdict = 'dialling' | 'ringing' | 'answered' | 'rings' | 'busy' | 'vacant' | 'away' | 'declined' | 'refused' | 'congested' | 'silent' | 'unreachable' | 'denied' | 'failed'
export interface Trial {
  readonly id: number
  readonly trunk: string
  readonly number: string
  readonly verdict: Verdict
  readonly cause: number
  readonly rang_s: number | null
  readonly ended_s: number | null
  /** The line did its part; null while the trial lasts. */
  readonly works: boolean | null
}
export interface Line {
  readonly id: number
  readonly name: string
  readonly host: string
  readonly port: number
  readonly max_calls: number
  readonly answer_ms: number | null
  readonly trial: Trial | null
}

export interface Made {
  readonly number: string
  readonly name: string
  readonly one_time_password: string
  readonly extension: string
  readonly secret: string
  readonly pin: string
}

export interface Port {
  readonly name: string
  readonly link: boolean
  readonly speed_mbit: number | null
  readonly way: 'dhcp' | 'static'
  readonly addresses: readonly string[]
  readonly gateway: string | null
  readonly dns: readonly string[]
}
export interface Network {
  readonly name: string
  readonly interfaces: readonly Port[]
  readonly pending: { readonly until: string } | null
  readonly put_back_at: string | null
}
export interface Armed {
  readonly token: string
  readonly until: string
  readonly seconds: number
  readonly pages: readonly string[]
}
export interface Clock {
  readonly at: string
  readonly state: 'synchronised' | 'searching' | 'by-hand' | 'not-ours'
  readonly source: string | null
  readonly offset_ms: number | null
}

const post = <T>(path: string, body?: unknown, limitMs = 30_000): Promise<T> => ask<T>(path, { method: 'POST', body, limitMs })

export const readSetup = (): Promise<Setup> => ask('/api/setup')
export const mark = (step: Step, outcome: Outcome): Promise<null> => post(`/api/setup/steps/${step}`, { outcome })
export const leave = (): Promise<null> => post('/api/setup/leave')
/** Bring what was saved into effect; refused in the box's own words. */
export const apply = (note: string): Promise<unknown> => post('/api/generations', { note }, 125_000)
export const readLines = (): Promise<{ items: readonly Line[]; asked: boolean }> => ask('/api/setup/lines')
export const saveCarrier = (carrier: { host: string; port: number; number: string }): Promise<null> => post('/api/setup/carrier', carrier)
export const tryLine = (trunk: string, number: string): Promise<Trial> => post('/api/trials', { trunk, number })
export const readTrial = (id: number): Promise<Trial> => ask(`/api/trials/${id}`)
export const addPeople = (people: readonly { number: string; name: string; extension: string | null }[]): Promise<{ items: readonly Made[] }> => post('/api/setup/people', { people })
export const removePractice = (): Promise<{ agents: number; extensions: number }> => post('/api/setup/practice/remove')
export const readNetwork = (): Promise<Network> => ask('/api/network')
export const changeNetwork = (wish: unknown): Promise<Armed> => post('/api/network', wish)
export const confirmNetwork = (token: string): Promise<Network> => post('/api/network/confirm', { token })
export const putNetworkBack = (): Promise<Network> => post('/api/network/back')
export const readClock = (): Promise<Clock> => ask('/api/clock')
export const setClock = (at: string): Promise<Clock> => post('/api/clock', { at })
export { post }
