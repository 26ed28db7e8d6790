/** The agent's own state, as it is told and as the phone already knows it. Pure: what the desk shows follows from this. */
import type { AgentState, LiveAgent } from '@/shared/live/model'
import { mainCall, ringing } from '@/shared/phone/reduce'
import type { PhoneState } from '@/shared/phone/model'

/** Reasons of a break, in the order of their keys `*131`…`*135` (docs/names.md). */
export const REASONS = ['break', 'meal', 'meeting', 'training', 'work'] as const
export type Reason = (typeof REASONS)[number]

export type Act = { readonly do: 'login' | 'logout' | 'ready' | 'wrapup-end' } | { readonly do: 'pause'; readonly reason: Reason }

/** What the phone dials for an act when the web service is away. */
export function codeOf(act: Act): string {
  switch (act.do) {
    case 'login':
      return '*11'
    case 'logout':
      return '*12'
    case 'pause':
      return `*13${REASONS.indexOf(act.reason) + 1}`
    case 'ready':
      return '*14'
    case 'wrapup-end':
      return '*15'
  }
}

/** An act that the engine took while the picture wasn't fed. */
export interface Dialled {
  readonly act: Act
  /** Device ms. */
  readonly at: number
}

export interface Own {
  readonly state: AgentState
  /** Box or device ms since when; null when nobody has said. */
  readonly since: number | null
  /** End of wrap-up, ms. */
  readonly until: number | null
  readonly reason: string | null
  /** `phone`: this phone's own session; `live`: Asterisk's word; `dialled`: taken by the engine while the picture stands still. */
  readonly source: 'phone' | 'live' | 'dialled'
  /** Where the agent is logged in, if not at this browser phone. */
  readonly elsewhere: string | null
}

/** The live line lags a hang-up by some 200 ms; for so long its "talking" isn't believed. */
const LAG_MS = 2000

const time = (text: string | null): number | null => (text === null ? null : Date.parse(text))

function afterAct(act: Act): { state: AgentState; reason: string | null } {
  switch (act.do) {
    case 'login':
    case 'ready':
    case 'wrapup-end':
      return { state: 'ready', reason: null }
    case 'pause':
      return { state: 'paused', reason: act.reason }
    case 'logout':
      return { state: 'out', reason: null }
  }
}

/**
 * What the agent is doing now. A session of this phone is shown at once; everything else is Asterisk's to say.
 * `staleSince`: since when (ms) the picture isn't fed, null while it is.
 */
export function ownState(phone: PhoneState, agent: LiveAgent | null, dialled: Dialled | null, staleSince: number | null, now: number): Own {
  const here = agent?.phone ?? null
  const elsewhere = here !== null && agent !== null && here !== `w${agent.number}` ? here : null
  // The live line says '' where there is none.
  const reason = agent?.reason || null
  const main = mainCall(phone)
  if (main?.stage === 'talking') return { state: 'talking', since: main.since, until: null, reason, source: 'phone', elsewhere }
  const rings = ringing(phone)
  if (rings !== null) return { state: 'ringing', since: rings.since, until: null, reason, source: 'phone', elsewhere }
  if (dialled !== null && staleSince !== null && dialled.at >= staleSince) {
    return { ...afterAct(dialled.act), since: dialled.at, until: null, source: 'dialled', elsewhere }
  }
  if (agent === null) return { state: 'out', since: null, until: null, reason: null, source: 'live', elsewhere }
  const justEnded = elsewhere === null && phone.last !== null && now - phone.last.ended < LAG_MS
  const state = justEnded && (agent.state === 'talking' || agent.state === 'ringing') ? 'wrapup' : agent.state
  return { state, since: state === agent.state ? time(agent.since) : now, until: state === agent.state ? time(agent.until) : null, reason, source: 'live', elsewhere }
}

/** What may be done in a state; what may not isn't offered. */
export function offers(state: AgentState): readonly Act['do'][] {
  switch (state) {
    case 'out':
      return ['login']
    case 'wrapup':
      return ['wrapup-end', 'pause', 'logout']
    case 'paused':
      return ['ready', 'pause', 'logout']
    case 'ready':
    case 'ringing':
    case 'talking':
    case 'unreachable':
      return ['ready', 'pause', 'logout']
  }
}
