/** Each part of the box in a mark, a word and the one figure that tells: the board's last line, the home page. */
import { unitName } from './units'
import { say } from '@/shared/i18n'
import { daemonFails, trunkFails } from '@/shared/live/alarms'
import { secondsSince } from '@/shared/live/clock'
import type { LiveDaemon, Snapshot } from '@/shared/live/model'
import type { Look } from '@/shared/parts/marks'

export interface Part {
  readonly key: string
  readonly look: Look
  readonly name: string
  readonly word: string
  readonly note: string
}

const good: Look = { shape: 'check', tone: 'go' }
const bad: Look = { shape: 'triangle', tone: 'stop' }

/** Whole days, hours, minutes or seconds from `since` to `now` (box time in ms). */
export function lasting(since: string | null, now: number): string {
  if (since === null) return ''
  const s = secondsSince(since, now)
  if (s < 60) return say('health.seconds', { n: s })
  if (s < 3600) return say('health.minutes', { n: Math.floor(s / 60) })
  return s < 86_400 ? say('health.hours', { n: Math.floor(s / 3600) }) : say('health.days', { n: Math.floor(s / 86_400) })
}

function daemonPart(daemon: LiveDaemon, generation: string, now: number): Part {
  const failed = daemonFails(daemon)
  const look: Look = failed ? bad : daemon.state === 'active' ? good : daemon.state === 'activating' ? { shape: 'stale', tone: 'warn' } : { shape: 'circle', tone: 'off' }
  const word = daemon.state === 'inactive' && failed ? say('health.stopped') : say(`health.${daemon.state}`)
  const confd = daemon.unit.includes('confd') && !failed
  const again = daemon.restarts > 0 ? say('health.restarts', { n: daemon.restarts }) : ''
  return { key: daemon.unit, look, name: unitName(daemon.unit), word, note: confd ? generation : daemon.state === 'active' ? again || lasting(daemon.since, now) : again || word }
}

export function partsOf({ daemons, trunks, journal, generation }: Snapshot, now: number): Part[] {
  const lag = journal?.lag_s ?? null
  const list = daemons.map((daemon) => daemonPart(daemon, generation === null ? say('box.noGeneration') : say('health.generationN', { n: generation }), now))
  for (const trunk of trunks) {
    const note = trunkFails(trunk) ? say('health.trunkAway') : say('health.trunkCalls', { n: trunk.calls, max: trunk.max_calls })
    list.push({ key: `trunk ${trunk.name}`, look: trunkFails(trunk) ? bad : good, name: say('health.trunk', { name: trunk.name }), word: say(trunkFails(trunk) ? 'health.failed' : 'health.active'), note })
  }
  if (journal !== null) {
    const ill = journal.alarms.length > 0 || journal.rejects > 0
    const slow = lag !== null && lag > 5
    const note = journal.rejects > 0 ? say('health.rejects', { n: journal.rejects }) : lag === null ? '–' : say('health.lag', { s: lag.toFixed(1) })
    list.push({ key: 'journal', look: ill || slow ? { shape: 'diamond', tone: 'warn' } : good, name: say('health.journal'), word: say(ill || slow ? 'groups.busy' : 'health.active'), note })
  }
  return list
}
