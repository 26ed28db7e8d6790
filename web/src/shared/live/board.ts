/** What the board says about a snapshot: sums, and the groups by pressure. Pure. */
import { secondsSince } from './clock'
import type { AgentState, LiveAgent, LiveGroup, Snapshot, Today } from './model'

/** A call answered within this time is in the service level (requirements). */
export const GOAL_S = 20
/** A talk longer than this is marked. */
export const LONG_TALK_S = 360
/** The alert line where a group has none of its own. */
export const LATE_S = 60
export const GOAL_SHARE = 0.8

export type Pressure = 'calm' | 'busy' | 'late'
export type Mix = Readonly<Record<AgentState, number>>
const NOBODY: Mix = { ready: 0, ringing: 0, talking: 0, wrapup: 0, paused: 0, unreachable: 0, out: 0 }

export function mixOf(agents: readonly LiveAgent[]): Mix {
  const mix = { ...NOBODY }
  for (const agent of agents) mix[agent.state] += 1
  return mix
}

export const loggedIn = (mix: Mix): number =>
  mix.ready + mix.ringing + mix.talking + mix.wrapup + mix.paused + mix.unreachable

export function sumToday(groups: readonly LiveGroup[]): Today {
  const sum = { offered: 0, answered: 0, abandoned: 0, in_20s: 0, wait_total_s: 0, abandoned_15m: 0 }
  for (const { today } of groups) {
    sum.offered += today.offered
    sum.answered += today.answered
    sum.abandoned += today.abandoned
    sum.in_20s += today.in_20s
    sum.wait_total_s += today.wait_total_s
    sum.abandoned_15m += today.abandoned_15m
  }
  return sum
}

const share = (part: number, whole: number): number | null => (whole > 0 ? part / whole : null)

/** Share of the callers whose wait has ended that were answered within 20 s; null without any. */
export const serviceLevel = (today: Today): number | null => share(today.in_20s, today.answered + today.abandoned)

export const abandonedShare = (today: Today): number | null => share(today.abandoned, today.answered + today.abandoned)

/** Mean seconds to the answer. */
export const averageAnswer = (today: Today): number | null => share(today.wait_total_s, today.answered)

/** When the one who waits longest began; null while nobody waits. */
export function firstSince(group: LiveGroup): string | null {
  let first: string | null = null
  for (const { since } of group.waiting) if (first === null || Date.parse(since) < Date.parse(first)) first = since
  return first
}

/** The group's alert line in seconds; Infinity where it has none. */
export const lateAfter = (group: LiveGroup): number => group.thresholds.wait_s ?? Number.POSITIVE_INFINITY

/** The share that the group's service level should reach. */
export const goalOf = (group: LiveGroup): number => (group.thresholds.level_percent ?? GOAL_SHARE * 100) / 100

export interface GroupRow {
  readonly group: LiveGroup
  readonly mix: Mix
  /** When its longest wait began. */
  readonly since: string | null
  readonly pressure: Pressure
  readonly level: number | null
  readonly answer: number | null
}

const rank: Record<Pressure, number> = { late: 0, busy: 1, calm: 2 }
const sameMix = (a: Mix, b: Mix): boolean => (Object.keys(NOBODY) as AgentState[]).every((state) => a[state] === b[state])

function mixes(agents: readonly LiveAgent[]): ReadonlyMap<number, Mix> {
  const made = new Map<number, Record<AgentState, number>>()
  for (const agent of agents) {
    for (const id of agent.groups) {
      let mix = made.get(id)
      if (mix === undefined) made.set(id, (mix = { ...NOBODY }))
      mix[agent.state] += 1
    }
  }
  return made
}

function pressureOf(group: LiveGroup, mix: Mix, since: string | null, now: number): Pressure {
  if (since === null) return 'calm'
  const longest = secondsSince(since, now)
  const { waiting } = group.thresholds
  if (longest > lateAfter(group) || (waiting !== null && group.waiting.length >= waiting)) return 'late'
  return mix.ready === 0 || longest > GOAL_S ? 'busy' : 'calm'
}

/**
 * One row a group, the most pressed first; equal ones stay in the order of their ids. A row in which
 * nothing changed is the object of `before`: what shows it has nothing to do.
 */
export function groupRows(snapshot: Snapshot, now: number, before: readonly GroupRow[] = []): GroupRow[] {
  const mixOfGroup = mixes(snapshot.agents)
  const known = new Map(before.map((row) => [row.group.id, row]))
  const rows = snapshot.groups.map((group): GroupRow => {
    const mix = mixOfGroup.get(group.id) ?? NOBODY
    const old = known.get(group.id)
    const since = old?.group === group ? old.since : firstSince(group)
    const pressure = pressureOf(group, mix, since, now)
    if (old?.group === group && old.pressure === pressure && sameMix(old.mix, mix)) return old
    return { group, mix, since, pressure, level: serviceLevel(group.today), answer: averageAnswer(group.today) }
  })
  const start = new Map(rows.map((row) => [row, row.since === null ? Number.POSITIVE_INFINITY : Date.parse(row.since)]))
  const startOf = (row: GroupRow): number => start.get(row) ?? 0
  return rows.sort((a, b) => rank[a.pressure] - rank[b.pressure] || (startOf(a) === startOf(b) ? 0 : startOf(a) - startOf(b)) || a.group.id - b.group.id)
}

const stateRank: Record<AgentState, number> = { unreachable: 0, talking: 1, ringing: 2, wrapup: 3, paused: 4, ready: 5, out: 6 }

/** Agents by state, then by the longest in it. Times are the box's, alike in form: they compare as text. */
export const byStateAndTime = (a: LiveAgent, b: LiveAgent): number =>
  stateRank[a.state] - stateRank[b.state] || compare(a.since ?? '', b.since ?? '') || compare(a.number, b.number)

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
