/** The live snapshot as the pages use it; its shapes are the API's (docs/names.md, "Live snapshot"). */
import type { components } from '@/shared/api/schema'

type Shapes = components['schemas']

export type WaitingCaller = Shapes['LiveWaiting']
export type Today = Shapes['LiveToday']
export type Thresholds = Shapes['LiveThresholds']
export type LiveGroup = Shapes['LiveGroup']
export type LiveAgent = Shapes['LiveAgent']
export type LiveCall = Shapes['LiveCall']
export type LiveTrunk = Shapes['LiveTrunk']
export type LiveAlarm = Shapes['LiveAlarm']
export type LiveDaemon = Shapes['LiveDaemon']
export type AgentState = LiveAgent['state']
export type CallState = LiveCall['state']

/** The parts that change as a whole; lists are empty and others null until calld has told them. */
export interface LiveParts {
  readonly asterisk: Shapes['LiveAsterisk'] | null
  readonly generation: number | null
  readonly groups: readonly LiveGroup[]
  readonly agents: readonly LiveAgent[]
  readonly calls: readonly LiveCall[]
  readonly trunks: readonly LiveTrunk[]
  readonly journal: Shapes['LiveJournal'] | null
  readonly daemons: readonly LiveDaemon[]
  /** Since when calld gives no news; null while it does. */
  readonly stale_since: string | null
}

export interface Snapshot extends LiveParts {
  readonly epoch: string
  readonly seq: number
  readonly at: string
}

/** Parts as they travel: a part that the box doesn't know yet is null, one that stayed isn't named. */
export type RawParts = { readonly [Part in keyof LiveParts]?: LiveParts[Part] | null }

/** What changed in long lists: entries put (in their old place, or at the end) and keys dropped. */
export type Patches = Shapes['LivePatches']

/** A message of the live line: a whole `snapshot`, or what changed: parts in `set`, entries in `patch`. */
export interface Message {
  readonly epoch: string
  readonly seq: number
  readonly at: string
  readonly snapshot?: RawParts | null
  readonly set?: RawParts | null
  readonly patch?: Patches | null
}
