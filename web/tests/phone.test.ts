import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { idle, NOTHING, type About, type LineState, type PhoneEvent, type PhoneState } from '@/shared/phone/model'
import { readAbout, readKeys } from '@/shared/phone/headers'
import { causeOf } from '@/shared/phone/port'
import { consultation, mainCall, reduce, ringing } from '@/shared/phone/reduce'

const about = (over: Partial<About> = {}): About => ({ ...NOTHING, call: 's00000001-1.1', group: 1, from: '13900001111', kind: 'queue', ...over })
const play = (...events: PhoneEvent[]): PhoneState => events.reduce(reduce, { ...idle(0), line: 'registered' })
const ring = (id: string, at = 0, over: Partial<About> = {}): PhoneEvent => ({ type: 'ring', id, number: '13900001111', name: '', about: about(over), at })
const dial = (id: string, purpose: 'talk' | 'consult' | 'echo' | 'code' = 'talk', at = 0): PhoneEvent => ({ type: 'dial', id, number: '1007', purpose, at })
const talk = (id: string, at = 0): PhoneEvent => ({ type: 'talk', id, at })
const end = (id: string, at = 0): PhoneEvent => ({ type: 'end', id, cause: 'normal', by: 'them', at })

describe('a call on the phone', () => {
  it('rings, is answered, is held and ends', () => {
    const rang = play(ring('a', 1000))
    expect(ringing(rang)?.id).toBe('a')
    expect(rang.open).toBeNull()
    const talked = [{ type: 'answering', id: 'a', at: 3000 } as const, talk('a', 3100)].reduce(reduce, rang)
    expect(mainCall(talked)).toMatchObject({ stage: 'talking', since: 3100 })
    expect(talked.open).toBe('a')
    const held = reduce(talked, { type: 'hold', id: 'a', held: true })
    expect(held.open).toBeNull()
    const over = reduce(held, end('a', 9000))
    expect(over.calls).toEqual([])
    expect(over.last).toMatchObject({ id: 'a', ended: 9000, cause: 'normal' })
  })

  it('is through when voices go both ways, not with the answer', () => {
    const answered = play(ring('a'), talk('a'))
    expect(mainCall(answered)?.through).toBe(false)
    expect(mainCall(reduce(answered, { type: 'through', id: 'a' }))?.through).toBe(true)
    expect(reduce(answered, { type: 'through', id: 'gone' })).toEqual(answered)
  })

  it('does not come back to life by a late event', () => {
    const over = play(ring('a'), talk('a'), end('a'))
    expect([ring('a'), talk('a'), { type: 'hold', id: 'a', held: false } as const].reduce(reduce, over)).toEqual(over)
  })

  it('that returns under a new leg takes the place of the dead one', () => {
    const state = play(ring('a', 0), talk('a', 100), ring('b', 5000, { kind: 'again' }))
    expect(state.calls.map((call) => call.id)).toEqual(['b'])
    expect(state.last).toMatchObject({ id: 'a', cause: 'superseded' })
  })

  it('goes on without the line; one that only rings does not', () => {
    const state = play(ring('a'), talk('a'), ring('b', 0, { call: 'other' }), { type: 'line', line: 'lost', at: 7000 })
    expect(state.calls.map((call) => call.id)).toEqual(['a'])
  })

  it('is forgotten when another tab takes the phone', () => {
    expect(play(ring('a'), talk('a'), { type: 'line', line: 'elsewhere', at: 1 }).calls).toEqual([])
  })
})

describe('several calls', () => {
  it('hear one voice: the one answered last, then the one that is left', () => {
    const two = play(ring('a'), talk('a'), dial('b', 'consult'), talk('b'))
    expect(two.open).toBe('b')
    expect(consultation(two)?.id).toBe('b')
    expect(reduce(two, end('b')).open).toBe('a')
  })

  it('are joined only while both are heard', () => {
    const two = play(ring('a'), talk('a'), dial('b', 'consult'), talk('b'), { type: 'join', joined: true })
    expect(two.joined).toBe(true)
    expect(reduce(two, { type: 'hold', id: 'a', held: true }).joined).toBe(false)
    expect(reduce(two, end('b')).joined).toBe(false)
  })

  it('leave a code that a button dials out of it', () => {
    const state = play(ring('a'), talk('a'), dial('c', 'code'), talk('c'))
    expect(state.open).toBe('a')
    expect(reduce(state, end('c')).last).toBeNull()
  })

  it('keep the mute of the agent until the last has ended', () => {
    const muted = play(ring('a'), talk('a'), { type: 'mute', muted: true })
    expect(muted.muted).toBe(true)
    expect(reduce(muted, end('a')).muted).toBe(false)
    expect(play({ type: 'mute', muted: true }).muted).toBe(false)
  })
})

const ids = fc.constantFrom('a', 'b', 'c', 'd')
const at = fc.nat(100_000)
const lines = fc.constantFrom<LineState>('off', 'starting', 'registered', 'lost', 'unreached', 'refused', 'elsewhere', 'busy', 'replaced')
const anyEvent: fc.Arbitrary<PhoneEvent> = fc.oneof(
  fc.record({ type: fc.constant('line' as const), line: lines, at }),
  fc.record({ id: ids, at, call: fc.constantFrom('', 'x', 'y') }).map(({ id, at: when, call }) => ring(id, when, { call })),
  fc.record({ id: ids, at, purpose: fc.constantFrom('talk' as const, 'consult' as const, 'echo' as const, 'code' as const) }).map((one) => dial(one.id, one.purpose, one.at)),
  fc.record({ type: fc.constant('rings' as const), id: ids }),
  fc.record({ type: fc.constant('answering' as const), id: ids, at }),
  fc.record({ type: fc.constant('talk' as const), id: ids, at }),
  fc.record({ type: fc.constant('hold' as const), id: ids, held: fc.boolean() }),
  fc.record({ type: fc.constant('mute' as const), muted: fc.boolean() }),
  fc.record({ type: fc.constant('join' as const), joined: fc.boolean() }),
  fc.record({ type: fc.constant('transfer' as const), id: ids, to: fc.constant('1007'), stage: fc.constantFrom('asked' as const, 'failed' as const), code: fc.constantFrom(0, 486) }),
  fc.record({ type: fc.constant('end' as const), id: ids, cause: fc.constantFrom('normal' as const, 'network' as const), by: fc.constantFrom('us' as const, 'them' as const), at }),
)

/** What holds of every phone, whatever has happened to it. */
function sane(state: PhoneState): void {
  const alive = state.calls.map((call) => call.id)
  expect(new Set(alive).size).toBe(alive.length)
  for (const id of alive) expect(state.past).not.toContain(id)
  const open = state.calls.find((call) => call.id === state.open)
  if (state.open !== null) {
    expect(open).toMatchObject({ stage: 'talking', held: false })
    expect(open?.purpose).not.toBe('code')
  } else {
    expect(state.calls.filter((call) => call.stage === 'talking' && !call.held && call.purpose !== 'code')).toEqual([])
  }
  if (state.joined) expect(state.calls.filter((call) => call.stage === 'talking' && !call.held).length).toBeGreaterThanOrEqual(2)
  if (state.muted) expect(state.calls.some((call) => call.stage === 'talking')).toBe(true)
  for (const call of state.calls) {
    expect(call.since).toBeGreaterThanOrEqual(call.began)
    expect(call.way === 'in' ? call.stage !== 'dialling' : call.stage === 'dialling' || call.stage === 'talking').toBe(true)
    if (call.held) expect(call.stage).toBe('talking')
  }
  const incoming = state.calls.filter((call) => call.way === 'in' && call.about.call !== '').map((call) => call.about.call)
  expect(new Set(incoming).size).toBe(incoming.length)
}

describe('any order of events', () => {
  it('leads to a sane phone after each of them', () => {
    fc.assert(fc.property(fc.array(anyEvent, { maxLength: 40 }), (events) => {
      let state = idle(0)
      for (const event of events) {
        state = reduce(state, event)
        sane(state)
      }
    }), { numRuns: 2000 })
  })

  it('counts an event that is told twice once', () => {
    fc.assert(fc.property(fc.array(anyEvent, { maxLength: 20 }), anyEvent, (events, event) => {
      const once = [...events, event].reduce(reduce, idle(0))
      expect(reduce(once, event)).toEqual(once)
    }), { numRuns: 1000 })
  })

  it('leaves nothing on the phone when all has ended', () => {
    fc.assert(fc.property(fc.array(anyEvent, { maxLength: 40 }), (events) => {
      const state = ['a', 'b', 'c', 'd'].map((id) => end(id, 1)).reduce(reduce, events.reduce(reduce, idle(0)))
      expect(state).toMatchObject({ calls: [], open: null, joined: false, muted: false })
    }))
  })
})

describe('what the engine says of a call', () => {
  const headers = (given: Record<string, string>) => readAbout((name) => given[name])

  it('is read from its headers', () => {
    expect(headers({ 'X-LB-Call': 's00000012-1763800000.17', 'X-LB-Group': '3', 'X-LB-From': '13900001111', 'X-LB-Vip': '2', 'X-LB-Keys': '1:1,3:2', 'X-LB-Kind': 'again' })).toEqual({
      call: 's00000012-1763800000.17', group: 3, from: '13900001111', vip: 2, keys: [{ menu: 1, key: '1' }, { menu: 3, key: '2' }], kind: 'again',
    })
  })

  it('counts as not said when it is missing or of another form', () => {
    expect(headers({})).toEqual(NOTHING)
    expect(headers({ 'X-LB-Group': '-1', 'X-LB-Vip': 'many', 'X-LB-Kind': 'party', 'X-LB-From': '<b>1', 'X-LB-Keys': '1,2;3' })).toEqual({ ...NOTHING, from: 'b1' })
    expect(readKeys('1:none,2:#')).toEqual([{ menu: 1, key: 'none' }, { menu: 2, key: '#' }])
  })

  it('names the reason of an end by the code of the answer', () => {
    expect([486, 404, 480, 603, 503, null].map(causeOf)).toEqual(['busy', 'unknown-number', 'no-answer', 'refused', 'failed', 'failed'])
  })
})
