/** The live snapshot: docs/names.md, "Live snapshot". Times are ISO 8601 in UTC. */

export type AgentState = 'ready' | 'ringing' | 'talking' | 'wrapup' | 'paused' | 'unreachable' | 'out'
export type CallState = 'menu' | 'waiting' | 'ringing' | 'talking' | 'rating' | 'voicemail' | 'other'
export type UnitState = 'active' | 'failed' | 'inactive' | 'activating'

export interface WaitingCaller {
  readonly call: string
  readonly from: string
  readonly since: string
  readonly position: number
}

export interface Today {
  readonly offered: number
  readonly answered: number
  readonly abandoned: number
  readonly in_20s: number
  readonly wait_total_s: number
}

export interface LiveGroup {
  readonly id: number
  readonly name_zh: string
  readonly name_en: string
  readonly waiting: readonly WaitingCaller[]
  readonly today: Today
}

export interface LiveAgent {
  readonly number: string
  readonly name: string
  readonly ext: string | null
  readonly state: AgentState
  readonly since: string | null
  readonly groups: readonly number[]
  readonly call: string | null
  readonly from: string | null
  readonly reason: string | null
}

export interface LiveCall {
  readonly id: string
  readonly from: string
  readonly did: string
  readonly since: string
  readonly state: CallState
  readonly state_since: string
  readonly group: number | null
  readonly agent: string | null
}

export interface LiveTrunk {
  readonly name: string
  readonly reachable: boolean
  readonly calls: number
  readonly max_calls: number
}

export interface LiveDaemon {
  readonly unit: string
  readonly state: UnitState
  readonly since: string | null
  readonly restarts: number
}

/** The parts that change as a whole. */
export interface LiveParts {
  readonly asterisk: { readonly up: boolean; readonly since: string | null; readonly start: string | null } | null
  readonly generation: number | null
  readonly groups: readonly LiveGroup[]
  readonly agents: readonly LiveAgent[]
  readonly calls: readonly LiveCall[]
  readonly trunks: readonly LiveTrunk[]
  readonly journal: { readonly lag_s: number | null; readonly rejects: number; readonly alarms: readonly Readonly<Record<string, unknown>>[] } | null
  readonly daemons: readonly LiveDaemon[]
  /** Since when calld gives no news; null while it does. */
  readonly stale_since: string | null
}

export interface Snapshot extends LiveParts {
  readonly epoch: string
  readonly seq: number
  readonly at: string
}

/** Parts as they travel: a part that the box doesn't know yet is null. */
type Raw<T> = { readonly [K in keyof T]?: T[K] | null }

/** A message of the live line: a whole `snapshot`, or the parts that changed in `set`. */
export interface Message {
  readonly epoch: string
  readonly seq: number
  readonly at: string
  readonly snapshot?: Raw<LiveParts> | null
  readonly set?: Raw<LiveParts> | null
}
