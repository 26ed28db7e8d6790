/** The story of a call as spans on one time axis: what was done when, before a word of it is read. */
import type { CallDetail, CallEvent, CallLeg } from '@/shared/api/shapes'

export type Look = 'calm' | 'call' | 'late' | 'dashed' | 'lost'

export interface Span {
  /** Seconds from the call's start. */
  readonly from: number
  readonly to: number
  readonly look: Look
  readonly what:
    | { kind: 'menu'; keys: readonly string[] }
    | { kind: 'rating'; value: number | null }
    | { kind: 'voicemail' }
    | { kind: 'queue'; group: number | null }
    | { kind: 'ring'; number: string; taken: boolean }
    | { kind: 'talk'; number: string; agent: string; lost: boolean }
}

export interface Lanes {
  /** Length of the axis in seconds, at least 1. */
  readonly length: number
  readonly menu: readonly Span[]
  readonly queue: readonly Span[]
  readonly ring: readonly Span[]
  readonly talk: readonly Span[]
}

/** A queue's wait longer than this is drawn as late. */
const LATE_S = 60

const text = (event: CallEvent, key: string): string => {
  const value = event.fields[key]
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}

/** Spans of a call; one that still goes on ends at `now` (ms). */
export function lanesOf({ call, legs, events }: CallDetail, now: number): Lanes {
  const start = Date.parse(call.started_at)
  const at = (time: string | null): number => Math.max(0, ((time === null ? now : Date.parse(time)) - start) / 1000)
  const length = Math.max(1, at(call.ended_at))
  const agentLegs = legs.filter((leg) => leg.uniqueid !== call.id)
  const joins = events.filter((event) => event.kind === 'queue' && (text(event, 'do') === 'join' || text(event, 'do') === 'back'))
  const talks = agentLegs.filter((leg): leg is CallLeg & { answered_at: string } => leg.answered_at !== null)

  /** When caller and agent hear each other: after the staff number was told, or with the answer. */
  const met = (leg: CallLeg & { answered_at: string }): number => {
    const heard = events.find((event) => event.kind === 'talk' && text(event, 'with') === leg.number && event.at >= leg.answered_at && (leg.ended_at === null || event.at <= leg.ended_at))
    return at(heard?.at ?? leg.answered_at)
  }

  const queue = joins.map((join): Span => {
    const from = at(join.at)
    const ends = [...talks.map(met), ...events.filter((event) => event.kind === 'queue' && text(event, 'do') === 'leave').map((event) => at(event.at)), length]
    const to = Math.min(...ends.filter((end) => end >= from))
    return { from, to, look: to - from > LATE_S ? 'late' : 'call', what: { kind: 'queue', group: Number(text(join, 'group')) || null } }
  })
  const ring = agentLegs.map((leg): Span => {
    const taken = leg.answered_at !== null
    return { from: at(leg.started_at), to: at(leg.answered_at ?? leg.ended_at), look: taken ? 'call' : 'dashed', what: { kind: 'ring', number: leg.number, taken } }
  })
  const talk = talks.map((leg): Span => ({
    from: met(leg),
    to: at(leg.ended_at),
    look: leg.lost ? 'lost' : 'call',
    what: { kind: 'talk', number: leg.number, agent: leg.agent, lost: leg.lost },
  }))

  const menu: Span[] = []
  const talked = Math.max(0, ...talk.map((span) => span.to))
  const rating = events.find((event) => event.kind === 'rating')
  const message = events.find((event) => event.kind === 'vm')
  const firstEnd = Math.min(...queue.map((span) => span.from), ...talk.map((span) => span.from), length)
  const keys = events.filter((event) => event.kind === 'menu').map((event) => text(event, 'key'))
  if (firstEnd > 0) menu.push({ from: 0, to: firstEnd, look: 'calm', what: { kind: 'menu', keys } })
  if (rating && talked > 0) menu.push({ from: talked, to: length, look: 'calm', what: { kind: 'rating', value: Number(text(rating, 'value')) || null } })
  if (message) {
    const seconds = Number(text(message, 's')) || 0
    const to = at(message.at)
    menu.push({ from: Math.max(0, to - seconds), to, look: 'call', what: { kind: 'voicemail' } })
  }
  return { length, menu, queue, ring, talk }
}

const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600]

/** Seconds of the axis that bear a figure: round ones, at most `most` of them. */
export function ticks(length: number, most: number): number[] {
  const step = STEPS.find((one) => length / one <= most) ?? 3600 * Math.ceil(length / 3600 / most)
  return Array.from({ length: Math.floor(length / step) + 1 }, (_, n) => n * step)
}
