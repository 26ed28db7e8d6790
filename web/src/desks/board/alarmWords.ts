import type { Task } from './acts'
import { unitName } from './units'
import { clockTime, percent } from '@/shared/format'
import { language, nameOf, say } from '@/shared/i18n'
import type { Alarm, Proposal } from '@/shared/live/alarms'
import { GOAL_S } from '@/shared/live/board'
import type { LiveAlarm, LiveGroup } from '@/shared/live/model'

/** An alarm in words: what is the matter, and what could be done. */
export interface Told {
  readonly cause: string
  readonly cure: string
}

/** An alarm says its own words: the first sentence is the cause, the others what to do; then what it is about. */
function ofJournal(alarm: LiveAlarm): Told {
  const words = alarm[language.value]
  const [, cause, cure] = /^(.*?(?:。|\. |$))(.*)$/s.exec(words) ?? []
  return { cause: cause?.trim() ?? alarm.code, cure: [cure, words.includes(alarm.subject) ? '' : alarm.subject].filter(Boolean).join(say('common.dot')) }
}

const names = (proposal: Proposal): string => proposal.agents.map((agent) => agent.name || agent.number).join(say('common.and'))

function ofQueue(alarm: Extract<Alarm, { kind: 'queue' }>): Told {
  const { row, proposal, nobodyIn } = alarm
  const fields = { group: nameOf(row.group), n: row.group.waiting.length, t: clockTime(alarm.longest) }
  const cause = say(nobodyIn ? 'alert.groupNobody' : row.mix.ready === 0 ? 'alert.groupLate' : 'alert.groupWaiting', fields)
  if (row.mix.ready > 0) return { cause, cure: say('alert.ownFree', { n: row.mix.ready }) }
  switch (proposal?.kind) {
    case 'move':
      return { cause, cure: say('alert.othersFree', { group: nameOf(proposal.from), n: proposal.agents.length }) }
    case 'ready':
      return { cause, cure: say('alert.readyPaused', { names: names(proposal) }) }
    case 'wrapup-end':
      return { cause, cure: say('alert.endWrapup', { names: names(proposal) }) }
    case undefined:
      return { cause, cure: say(nobodyIn ? 'alert.callIn' : 'alert.helpFrom') }
  }
}

export function told(alarm: Alarm): Told {
  switch (alarm.kind) {
    case 'asterisk':
      return { cause: say('alert.asteriskDown'), cure: say('alert.asteriskDownCure') }
    case 'unit':
      return { cause: say('alert.unitFailed', { unit: unitName(alarm.unit) }), cure: say('alert.unitFailedCure') }
    case 'trunk':
      return { cause: say('alert.trunkAway', { name: alarm.name }), cure: say('alert.trunkAwayCure') }
    case 'journal':
      return ofJournal(alarm.alarm)
    case 'agents':
      return { cause: alarm.agents.length <= 3 ? say('alert.agentLost', { names: alarm.agents.map((agent) => agent.name).join(say('common.and')) }) : say('alert.agentLostN', { n: alarm.agents.length }), cure: say('alert.agentLostCure') }
    case 'queue':
      return ofQueue(alarm)
    case 'level':
      return { cause: say('alert.level', { group: nameOf(alarm.row.group), level: percent(alarm.level), goal: Math.round(alarm.goal * 100) }), cure: say('alert.levelCure', { s: GOAL_S }) }
    case 'abandoned':
      return { cause: say('alert.abandoned', { group: nameOf(alarm.row.group), n: alarm.count }), cure: say('alert.abandonedCure') }
  }
}

/** A proposal as a button: its word, whom it is about, what it asks. */
export interface Offer {
  readonly word: string
  readonly title: string
  readonly did: 'move' | 'ready' | 'wrapup-end'
  readonly group: LiveGroup
  readonly tasks: readonly Task[]
}

export function offered(proposal: Proposal): Offer {
  const { agents, to } = proposal
  const title = names(proposal)
  switch (proposal.kind) {
    case 'move':
      // Out of the group that can spare them, into the one in need; what else they serve stays.
      return { word: say('alert.move', { n: agents.length }), title, did: 'move', group: to, tasks: agents.map((agent) => ({ agent, steps: [{ do: 'join', group: to.id }, { do: 'leave', group: proposal.from.id }] })) }
    case 'ready':
      return { word: say('alert.doReady', { n: agents.length }), title, did: 'ready', group: to, tasks: agents.map((agent) => ({ agent, steps: [{ do: 'ready' }] })) }
    case 'wrapup-end':
      return { word: say('alert.doWrapup', { n: agents.length }), title, did: 'wrapup-end', group: to, tasks: agents.map((agent) => ({ agent, steps: [{ do: 'wrapup-end' }] })) }
  }
}

