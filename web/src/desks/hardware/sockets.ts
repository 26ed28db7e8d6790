import type { Alarm, Card, Port, Span } from './api'
import type { Shape, Tone } from '@/shared/parts/Mark.vue'

/** A socket of a card as a person sees it: an analog port, or a whole E1. */
export interface Socket {
  readonly key: string
  readonly kind: 'fxo' | 'fxs' | 'e1' | 'bri'
  readonly state: Port['state']
  readonly alarm: Alarm | null
  readonly since: string | null
  /** The line's number; of an E1 its place on the card. */
  readonly name: string
  readonly card: Card
  readonly span: Span
  /** Null for an E1. */
  readonly port: Port | null
  /** Bearers in a call, and all of them. */
  readonly busy: number
  readonly size: number
}

const isAnalog = (port: Port): boolean => port.kind === 'fxo' || port.kind === 'fxs'

function ofSpan(card: Card, span: Span): Socket {
  const bearers = span.ports.filter(({ kind }) => kind === 'bearer')
  const busy = bearers.filter(({ state }) => state === 'talking' || state === 'ringing').length
  const [first] = bearers
  const state = first === undefined ? 'unused' : busy > 0 ? 'talking' : first.state
  return {
    key: span.key, kind: span.kind === 'bri' ? 'bri' : 'e1', state, alarm: first?.alarm ?? span.alarms[0] ?? null,
    since: first?.since ?? null, name: span.key.slice(span.key.lastIndexOf('/') + 1), card, span, port: null, busy, size: bearers.length,
  }
}

function ofPort(card: Card, span: Span, port: Port): Socket {
  return {
    key: port.key, kind: port.kind === 'fxs' ? 'fxs' : 'fxo', state: port.state, alarm: port.alarm, since: port.since,
    name: String(port.line ?? port.key.slice(port.key.lastIndexOf('/') + 1)), card, span, port, busy: 0, size: 1,
  }
}

/** The sockets of a card in the order of its case; a span without ports yet has none. */
export function sockets(card: Card): Socket[] {
  return card.spans.flatMap((span) => (span.ports.length > 0 && span.ports.every(isAnalog) ? span.ports.map((port) => ofPort(card, span, port)) : span.ports.length > 0 ? [ofSpan(card, span)] : []))
}

const LAMPS: Record<Port['state'], { readonly shape: Shape; readonly tone: Tone }> = {
  idle: { shape: 'dot', tone: 'go' },
  ringing: { shape: 'ring', tone: 'call' },
  talking: { shape: 'square', tone: 'call' },
  alarm: { shape: 'triangle', tone: 'stop' },
  unplugged: { shape: 'circle', tone: 'off' },
  blocked: { shape: 'blocked', tone: 'off' },
  unused: { shape: 'circle', tone: 'off' },
}

export const lamp = (state: Port['state']): { readonly shape: Shape; readonly tone: Tone } => LAMPS[state]

/** The alarm whose cause and cure are told: those of one cause tell the same. */
export function cause(alarm: Alarm | null): 'gone' | 'battery' | 'signal' | 'frame' | 'far' | 'loop' | 'recover' | null {
  switch (alarm) {
    case null: return null
    case 'gone': return 'gone'
    case 'battery': return 'battery'
    case 'los': case 'red': case 'notopen': return 'signal'
    case 'lfa': case 'lmfa': return 'frame'
    case 'blue': case 'yellow': return 'far'
    case 'loopback': return 'loop'
    case 'recover': return 'recover'
  }
}

/** What became of it, of an event's words: `alarm battery` → the alarm's word. */
export function became(word: string): { readonly state: string; readonly alarm: Alarm | null } {
  const [state = '', alarm] = word.split(' ')
  return { state, alarm: (alarm ?? null) as Alarm | null }
}
