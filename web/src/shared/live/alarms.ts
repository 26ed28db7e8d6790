/**
 * What must be acted on (SUP-3), judged from a snapshot by each group's thresholds: cause, figure and
 * a proposed act. One pure function for board and wall. Nothing is done by itself.
 */
import { goalOf, lateAfter, loggedIn, type GroupRow } from './board'
import { secondsSince } from './clock'
import type { LiveAgent, LiveAlarm, LiveDaemon, LiveGroup, LiveTrunk, Snapshot } from './model'

export type Weight = 'stop' | 'warn'

/** An act that would help, for one click of a person. */
export type Proposal =
  | { readonly kind: 'move'; readonly agents: readonly LiveAgent[]; readonly from: LiveGroup; readonly to: LiveGroup }
  | { readonly kind: 'ready'; readonly agents: readonly LiveAgent[]; readonly to: LiveGroup }
  | { readonly kind: 'wrapup-end'; readonly agents: readonly LiveAgent[]; readonly to: LiveGroup }

/** Why a group's queue is one: the wait is too long, too many wait, or nobody is ready for them. */
export type QueueCause = 'wait' | 'waiting' | 'nobody'

export type Alarm = { readonly key: string; readonly weight: Weight } & (
  | { readonly kind: 'asterisk' }
  | { readonly kind: 'unit'; readonly unit: string }
  | { readonly kind: 'trunk'; readonly name: string }
  | { readonly kind: 'queue'; readonly row: GroupRow; readonly causes: readonly QueueCause[]; readonly longest: number; readonly nobodyIn: boolean; readonly proposal: Proposal | null }
  | { readonly kind: 'level'; readonly row: GroupRow; readonly level: number; readonly goal: number }
  | { readonly kind: 'abandoned'; readonly row: GroupRow; readonly count: number }
  | { readonly kind: 'agents'; readonly agents: readonly LiveAgent[] }
  | { readonly kind: 'journal'; readonly alarm: LiveAlarm }
)

/** So many calls at least, before a service level means something. */
const LEVEL_FROM_CALLS = 10
/** A proposal names so many agents at most. */
const HELPERS = 3

/** Confd is started when needed and leaves when idle: not running is no fault of it. */
export const daemonFails = (daemon: LiveDaemon): boolean =>
  daemon.state === 'failed' || (daemon.state === 'inactive' && !daemon.unit.includes('confd'))

export const trunkFails = (trunk: LiveTrunk): boolean => !trunk.reachable

function boxAlarms(snapshot: Snapshot): Alarm[] {
  const alarms: Alarm[] = []
  const up = snapshot.asterisk?.up ?? true
  if (!up) alarms.push({ key: 'asterisk', weight: 'stop', kind: 'asterisk' })
  for (const daemon of snapshot.daemons) {
    if (daemonFails(daemon) && (up || !daemon.unit.includes('asterisk'))) alarms.push({ key: `unit ${daemon.unit}`, weight: 'stop', kind: 'unit', unit: daemon.unit })
  }
  for (const trunk of up ? snapshot.trunks : []) {
    if (trunkFails(trunk)) alarms.push({ key: `trunk ${trunk.name}`, weight: 'stop', kind: 'trunk', name: trunk.name })
  }
  const lost = snapshot.agents.filter((agent) => agent.state === 'unreachable')
  if (lost.length > 0) alarms.push({ key: 'agents', weight: 'warn', kind: 'agents', agents: lost })
  for (const alarm of snapshot.journal?.alarms ?? []) alarms.push({ key: `${alarm.code} ${alarm.subject}`, weight: 'warn', kind: 'journal', alarm })
  return alarms
}

const longestFirst = (a: LiveAgent, b: LiveAgent): number => Date.parse(a.since ?? '') - Date.parse(b.since ?? '') || a.number.localeCompare(b.number)

/**
 * Who could help a group: ready agents of a calm group where nobody waits (one stays there), else the
 * group's own who are longest on a break, else those longest in wrap-up. None if it has ready agents.
 */
function proposalFor(row: GroupRow, rows: readonly GroupRow[], agents: readonly LiveAgent[]): Proposal | null {
  if (row.mix.ready > 0) return null
  const to = row.group
  const wanted = Math.min(HELPERS, row.group.waiting.length)
  const here = agents.filter((agent) => agent.groups.includes(to.id)).sort(longestFirst)
  const helpers = rows
    .filter((other) => other !== row && other.group.waiting.length === 0 && other.mix.ready > 0)
    .map((other) => ({ from: other.group, free: agents.filter((agent) => agent.state === 'ready' && agent.groups.includes(other.group.id) && !agent.groups.includes(to.id)).sort(longestFirst) }))
    .filter(({ free }) => free.length > 0)
    .sort((a, b) => b.free.length - a.free.length)
  const [best] = helpers
  if (best) return { kind: 'move', agents: best.free.slice(0, Math.max(1, Math.min(wanted, best.free.length - 1))), from: best.from, to }
  const paused = here.filter((agent) => agent.state === 'paused')
  if (paused.length > 0) return { kind: 'ready', agents: paused.slice(0, wanted), to }
  const wrapping = here.filter((agent) => agent.state === 'wrapup')
  return wrapping.length > 0 ? { kind: 'wrapup-end', agents: wrapping.slice(0, wanted), to } : null
}

function groupAlarms(row: GroupRow, rows: readonly GroupRow[], snapshot: Snapshot, now: number): Alarm[] {
  const { group, since, mix, level } = row
  const { thresholds, today } = group
  const alarms: Alarm[] = []
  const longest = since === null ? 0 : secondsSince(since, now)
  const causes: QueueCause[] = []
  if (longest > lateAfter(group)) causes.push('wait')
  if (thresholds.waiting !== null && group.waiting.length >= thresholds.waiting) causes.push('waiting')
  if (thresholds.nobody_ready && group.waiting.length > 0 && mix.ready === 0) causes.push('nobody')
  if (causes.length > 0) {
    const weight = causes.includes('wait') || causes.includes('waiting') ? 'stop' : 'warn'
    const nobodyIn = loggedIn(mix) - mix.unreachable === 0
    alarms.push({ key: `queue ${group.id} ${weight}`, weight, kind: 'queue', row, causes, longest, nobodyIn, proposal: proposalFor(row, rows, snapshot.agents) })
  }
  if (thresholds.abandoned_15m !== null && today.abandoned_15m >= thresholds.abandoned_15m) {
    alarms.push({ key: `abandoned ${group.id}`, weight: 'warn', kind: 'abandoned', row, count: today.abandoned_15m })
  }
  if (thresholds.level_percent !== null && level !== null && level < goalOf(group) && today.answered + today.abandoned >= LEVEL_FROM_CALLS) {
    alarms.push({ key: `level ${group.id}`, weight: 'warn', kind: 'level', row, level, goal: goalOf(group) })
  }
  return alarms
}

/** What happens now before what lasted all day. */
const rankOf: Record<Alarm['kind'], number> = { asterisk: 0, unit: 1, trunk: 2, queue: 3, agents: 4, abandoned: 5, level: 6, journal: 7 }

/** All alarms, the worst first; `rows` are `groupRows` of the same snapshot. `key` names the cause. */
export function alarmsOf(snapshot: Snapshot, rows: readonly GroupRow[], now: number): Alarm[] {
  const alarms = [...boxAlarms(snapshot), ...rows.flatMap((row) => groupAlarms(row, rows, snapshot, now))]
  return alarms.sort((a, b) => (a.weight === b.weight ? rankOf[a.kind] - rankOf[b.kind] : a.weight === 'stop' ? -1 : 1))
}

/** Alarms of the box itself, not of its groups' figures. */
export const isOfBox = (alarm: Alarm): boolean => alarm.kind !== 'queue' && alarm.kind !== 'level' && alarm.kind !== 'abandoned'
