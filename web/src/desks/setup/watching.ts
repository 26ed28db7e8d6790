/** The first call, step by step: what the live line and the call's own record have shown of it. Pure. */
import type { CallState, LiveCall } from '@/shared/live/model'

export const MARKS = ['arrived', 'menu', 'key', 'waiting', 'ringing', 'talking', 'recorded'] as const
export type MarkName = (typeof MARKS)[number]
/** `passed`: it went by too quickly to be seen, or wasn't needed. */
export type Stand = 'later' | 'now' | 'done' | 'passed'

export interface Watched {
  readonly id: string
  readonly from: string
  readonly since: string
  /** When each state was first seen, in ms of the box's clock. */
  readonly at: Readonly<Partial<Record<CallState, number>>>
  readonly state: CallState
  readonly agent: string | null
  readonly group: number | null
  readonly over: boolean
}
/** What is read from the call's record. */
export interface Told {
  readonly keys: string
  readonly recorded_s: number | null
}

export const begin = (call: LiveCall): Watched => ({ id: call.id, from: call.from, since: call.since, at: {}, state: call.state, agent: null, group: null, over: false })

/** The call as it is now; gone from the picture, it is over. */
export function follow(watched: Watched, call: LiveCall | undefined, now: number): Watched {
  if (call === undefined) return watched.over ? watched : { ...watched, over: true }
  const { state } = call
  return {
    ...watched,
    state,
    at: watched.at[state] === undefined ? { ...watched.at, [state]: now } : watched.at,
    agent: state === 'ringing' || state === 'talking' ? (call.agent ?? watched.agent) : watched.agent,
    group: call.group ?? watched.group,
  }
}

/** Where each mark stands. */
export function stands(watched: Watched | null, told: Told): Readonly<Record<MarkName, Stand>> {
  const later = Object.fromEntries(MARKS.map((mark) => [mark, 'later'])) as Record<MarkName, Stand>
  if (watched === null) return later
  const seen = (state: CallState): boolean => watched.at[state] !== undefined
  const reached: readonly boolean[] = [true, seen('menu'), told.keys !== '', seen('waiting'), seen('ringing'), seen('talking'), told.recorded_s !== null]
  const last = reached.lastIndexOf(true)
  const now = watched.over ? -1 : last
  return Object.fromEntries(MARKS.map((mark, n) => [mark, n > last ? 'later' : n === now ? 'now' : reached[n] === true ? 'done' : 'passed'])) as Record<MarkName, Stand>
}

export const answered = (watched: Watched | null): boolean => watched?.at.talking !== undefined
