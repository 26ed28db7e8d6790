/** What the board says about a snapshot: sums, order of pressure, and what must be acted on. */
import { secondsSince } from './clock'
import type { AgentState, LiveAgent, LiveAlarm, LiveDaemon, LiveGroup, LiveTrunk, Snapshot, Today } from './model'

/** Callers that wait longer count as late (requirements: service goal 20 s, alert line 60 s). */
export const LATE_S = 60
export const GOAL_S = 20
export const GOAL_SHARE = 0.8
/** A talk longer than this is marked. */
export const LONG_TALK_S = 360

export type Pressure = 'calm' | 'busy' | 'late'
export type Mix = Readonly<Record<AgentState, number>>

export function mixOf(agents: readonly LiveAgent[]): Mix {
  const mix = { ready: 0, ringing: 0, talking: 0, wrapup: 0, paused: 0, unreachable: 0, out: 0 }
  for (const agent of agents) mix[agent.state] += 1
  return mix
}

export const loggedIn = (mix: Mix): number =>
  mix.ready + mix.ringing + mix.talking + mix.wrapup + mix.paused + mix.unreachable

export function sumToday(groups: readonly LiveGroup[]): Today {
  const sum = { offered: 0, answered: 0, abandoned: 0, in_20s: 0, wait_total_s: 0 }
  for (const { today } of groups) {
    sum.offered += today.offered
    sum.answered += today.answered
    sum.abandoned += today.abandoned
    sum.in_20s += today.in_20s
    sum.wait_total_s += today.wait_total_s
  }
  return sum
}

const share = (part: number, whole: number): number | null => (whole > 0 ? part / whole : null)

/** Share of the callers whose wait has ended that were answered within 20 s; null without any. */
export const serviceLevel = (today: Today): number | null => share(today.in_20s, today.answered + today.abandoned)

export const abandonedShare = (today: Today): number | null => share(today.abandoned, today.answered + today.abandoned)

/** Mean seconds to the answer. */
export const averageAnswer = (today: Today): number | null => share(today.wait_total_s, today.answered)

export const longestWait = (group: LiveGroup, now: number): number =>
  group.waiting.reduce((longest, caller) => Math.max(longest, secondsSince(caller.since, now)), 0)

export interface GroupRow {
  readonly group: LiveGroup
  readonly mix: Mix
  readonly longest: number
  readonly pressure: Pressure
  readonly level: number | null
  readonly answer: number | null
}

const rank: Record<Pressure, number> = { late: 0, busy: 1, calm: 2 }

/** One row a group, the most pressed first; equal ones stay in the order of their ids. */
export function groupRows(snapshot: Snapshot, now: number): GroupRow[] {
  return snapshot.groups
    .map((group): GroupRow => {
      const mix = mixOf(snapshot.agents.filter((agent) => agent.groups.includes(group.id)))
      const longest = longestWait(group, now)
      const waits = group.waiting.length > 0
      const pressure = waits && longest > LATE_S ? 'late' : waits && (mix.ready === 0 || longest > GOAL_S) ? 'busy' : 'calm'
      return { group, mix, longest, pressure, level: serviceLevel(group.today), answer: averageAnswer(group.today) }
    })
    .sort((a, b) => rank[a.pressure] - rank[b.pressure] || b.longest - a.longest || a.group.id - b.group.id)
}

export type Alert =
  | { kind: 'asterisk'; weight: 'stop' }
  | { kind: 'unit'; weight: 'stop'; unit: string }
  | { kind: 'trunk'; weight: 'stop'; name: string }
  | { kind: 'group'; weight: 'stop' | 'warn'; row: GroupRow; helpers: readonly GroupRow[] }
  | { kind: 'agents'; weight: 'warn'; agents: readonly LiveAgent[] }
  | { kind: 'journal'; weight: 'warn'; alarm: LiveAlarm }

/** Confd is started when needed and leaves when idle: not running is no fault of it. */
export const daemonFails = (daemon: LiveDaemon): boolean =>
  daemon.state === 'failed' || (daemon.state === 'inactive' && !daemon.unit.includes('confd'))

export const trunkFails = (trunk: LiveTrunk): boolean => !trunk.reachable

/** What must be acted on, the worst first. */
export function alertsOf(snapshot: Snapshot, rows: readonly GroupRow[]): Alert[] {
  const alerts: Alert[] = []
  const up = snapshot.asterisk?.up ?? true
  if (!up) alerts.push({ kind: 'asterisk', weight: 'stop' })
  for (const daemon of snapshot.daemons) {
    if (daemonFails(daemon) && !(daemon.unit.includes('asterisk') && !up)) {
      alerts.push({ kind: 'unit', weight: 'stop', unit: daemon.unit })
    }
  }
  if (up) {
    for (const trunk of snapshot.trunks) {
      if (trunkFails(trunk)) alerts.push({ kind: 'trunk', weight: 'stop', name: trunk.name })
    }
  }
  for (const row of rows) {
    if (row.pressure === 'calm' || (row.pressure === 'busy' && row.mix.ready > 0)) continue
    const helpers = rows.filter((other) => other !== row && other.mix.ready > 0 && other.pressure === 'calm')
    alerts.push({ kind: 'group', weight: row.pressure === 'late' ? 'stop' : 'warn', row, helpers })
  }
  const lost = snapshot.agents.filter((agent) => agent.state === 'unreachable')
  if (lost.length > 0) alerts.push({ kind: 'agents', weight: 'warn', agents: lost })
  for (const alarm of snapshot.journal?.alarms ?? []) alerts.push({ kind: 'journal', weight: 'warn', alarm })
  return alerts.sort((a, b) => (a.weight === b.weight ? 0 : a.weight === 'stop' ? -1 : 1))
}

const stateRank: Record<AgentState, number> = {
  unreachable: 0,
  talking: 1,
  ringing: 2,
  wrapup: 3,
  paused: 4,
  ready: 5,
  out: 6,
}

const startOf = (agent: LiveAgent): number => (agent.since === null ? 0 : Date.parse(agent.since))

/** Agents by state, then by the longest in it. */
export const byStateAndTime = (a: LiveAgent, b: LiveAgent): number =>
  stateRank[a.state] - stateRank[b.state] || startOf(a) - startOf(b) || a.number.localeCompare(b.number)
