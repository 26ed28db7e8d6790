import { describe, expect, it } from 'vitest'
import type { Card, Port, Span } from '@/desks/hardware/api'
import { became, cause, lamp, sockets } from '@/desks/hardware/sockets'

const port = (key: string, more: Partial<Port> = {}): Port => ({
  key, channel: 1, kind: 'fxo', state: 'idle', alarm: null, battery_mv: null, level_db: null, since: null, line: null, number: '', trunk: '', extension: '', call: null, ...more,
})
const span = (key: string, ports: Port[], more: Partial<Span> = {}): Span => ({ key, kind: 'mixed', number: 1, alarms: [], crc4: false, source: false, counters: null, trunk: '', ports, ...more })
const card = (...spans: Span[]): Card => ({ key: 'c', number: 1, kind: 'a8b', zh: '', en: '', bus: 'pci', location: '', ids: '', driver: '', known: true, present: true, spans })

describe('sockets', () => {
  it('shows a line by the number that people call it, else by its place', () => {
    const found = sockets(card(span('c/1', [port('c/1/1', { line: 7 }), port('c/1/2', { kind: 'fxs' })])))
    expect(found.map(({ name, kind }) => [name, kind])).toEqual([['7', 'fxo'], ['2', 'fxs']])
  })

  it('shows an E1 as one socket with its calls', () => {
    const bearers = Array.from({ length: 30 }, (_, n) => port(`c/1/${n + 1}`, { kind: 'bearer', state: n < 12 ? 'talking' : 'idle' }))
    const [one, ...rest] = sockets(card(span('c/1', [...bearers, port('c/1/31', { kind: 'signalling' })], { kind: 'e1' })))
    expect(rest).toEqual([])
    expect([one?.kind, one?.busy, one?.size, one?.state]).toEqual(['e1', 12, 30, 'talking'])
  })

  it('tells an E1 in alarm by its channels', () => {
    const [one] = sockets(card(span('c/1', [port('c/1/1', { kind: 'bearer', state: 'alarm', alarm: 'los' })], { kind: 'e1', alarms: ['los'] })))
    expect([one?.state, one?.alarm]).toEqual(['alarm', 'los'])
  })

  it('has none for a span that has no number yet', () => {
    expect(sockets(card(span('c/1', [])))).toEqual([])
  })

  it('gives every state a lamp and every alarm a cause', () => {
    expect(lamp('alarm').tone).toBe('stop')
    for (const alarm of ['gone', 'los', 'red', 'lfa', 'lmfa', 'blue', 'yellow', 'notopen', 'loopback', 'recover', 'battery'] as const) expect(cause(alarm)).not.toBeNull()
    expect(cause(null)).toBeNull()
  })

  it('reads an event\'s words', () => {
    expect(became('alarm battery')).toEqual({ state: 'alarm', alarm: 'battery' })
    expect(became('idle')).toEqual({ state: 'idle', alarm: null })
  })
})
