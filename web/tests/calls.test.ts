import { describe, expect, it, vi } from 'vitest'
import type { CallDetail, CallLeg, CallRow } from '@/shared/api/shapes'
import { drawn } from '@/shared/audio/peaks'
import { clockTime, percent, phone } from '@/shared/format'
import { lanesOf, ticks } from '@/features/calls/lanes'
import { NONE, fromAddress, toAddress, toQuery } from '@/features/calls/filters'
import { merge } from '@/features/calls/list'
import { keepCompany } from '@/shared/company'

const START = Date.parse('2026-11-22T04:00:00Z')
const at = (s: number): string => new Date(START + s * 1000).toISOString()

const aRow = (over: Partial<CallRow> = {}): CallRow => ({
  id: 'c1', direction: 'in', trunk: 'exchange', from_number: '13900001111', from_name: '', did: '4008001234', vip: 0, generation: 7,
  started_at: at(0), answered_at: at(1), connected_at: at(40), ended_at: at(70), result: 'answered', cut: false, group_id: 1, group_name_zh: '客服', group_name_en: 'Service',
  agent: '1001', agent_name: '林晓燕', extension: '8001', wait_s: 30, ring_s: 5, talk_s: 20, keys: '1', rating: 5, needs_follow_up: false, recordings: 1, ...over,
})
const aLeg = (over: Partial<CallLeg>): CallLeg => ({ uniqueid: 'l1', channel: 'PJSIP/8001-1', number: '8001', agent: '', started_at: at(35), answered_at: null, ended_at: at(60), cause: 16, lost: false, talk_s: null, ...over })
const aDetail = (over: Partial<CallDetail> = {}): CallDetail => ({
  call: aRow(),
  legs: [
    aLeg({ uniqueid: 'c1', number: '13900001111', started_at: at(0), answered_at: at(1), ended_at: at(70) }),
    aLeg({ uniqueid: 'l0', number: '8002', started_at: at(12), ended_at: at(32) }),
    aLeg({ answered_at: at(40), agent: '1001' }),
  ],
  events: [
    { n: 1, at: at(5), kind: 'menu', fields: { key: '1' } },
    { n: 2, at: at(10), kind: 'queue', fields: { do: 'join', group: '1' } },
    { n: 3, at: at(60), kind: 'queue', fields: { do: 'leave', status: 'answered' } },
    { n: 4, at: at(66), kind: 'rating', fields: { value: '5' } },
  ],
  recordings: [],
  ...over,
})

describe('a call on its axis', () => {
  it('begins the talk when the staff number has been told', () => {
    const detail = aDetail()
    const lanes = lanesOf({ ...detail, events: [...detail.events, { n: 9, at: at(43), kind: 'talk', fields: { with: '8001' } }] }, START)
    expect(lanes.talk.map((span) => [span.from, span.to])).toEqual([[43, 60]])
    expect(lanes.queue.map((span) => [span.from, span.to])).toEqual([[10, 43]])
    expect(lanes.ring[1]).toMatchObject({ from: 35, to: 40 })
  })

  it('shows menu, wait, rings, talk and rating where they were', () => {
    const lanes = lanesOf(aDetail(), START)
    expect(lanes.length).toBe(70)
    expect(lanes.menu.map((span) => [span.from, span.to, span.what.kind])).toEqual([[0, 10, 'menu'], [60, 70, 'rating']])
    expect(lanes.queue.map((span) => [span.from, span.to])).toEqual([[10, 40]])
    expect(lanes.ring.map((span) => [span.from, span.to, span.look])).toEqual([[12, 32, 'dashed'], [35, 40, 'call']])
    expect(lanes.talk.map((span) => [span.from, span.to])).toEqual([[40, 60]])
  })

  it('lets an open call reach to now', () => {
    const open = aDetail({ call: aRow({ ended_at: null, result: 'open' }), legs: [], events: [] })
    expect(lanesOf(open, START + 25_000).length).toBe(25)
  })

  it('marks a lost leg', () => {
    const lanes = lanesOf(aDetail({ legs: [aLeg({ answered_at: at(40), lost: true })] }), START)
    expect(lanes.talk[0]?.look).toBe('lost')
  })

  it('has round figures, not too many', () => {
    expect(ticks(70, 9)).toEqual([0, 10, 20, 30, 40, 50, 60, 70])
    expect(ticks(3600 * 12, 9).length).toBeLessThanOrEqual(10)
  })
})

describe('the list', () => {
  it('takes new rows in, newest first, and none twice', () => {
    const old = aRow({ id: 'a', result: 'open' })
    const rows = merge([old], [aRow({ id: 'b', started_at: at(100) }), aRow({ id: 'a' })])
    expect(rows.map((row) => [row.id, row.result])).toEqual([['b', 'answered'], ['a', 'answered']])
  })
})

describe('words and figures', () => {
  it('write lengths and numbers as the box does', () => {
    expect([clockTime(6), clockTime(102.9), clockTime(3727), clockTime(-1)]).toEqual(['00:06', '01:42', '1:02:07', '00:00'])
    expect([phone('13900001111'), phone('4008001234'), phone('057188001234'), phone('01088001234'), phone('8001')]).toEqual(['139 0000 1111', '400 800 1234', '0571 8800 1234', '010 8800 1234', '8001'])
    expect([percent(0.8094), percent(1), percent(0)]).toEqual(['80.9', '100', '0.0'])
  })

  it('draw the loudest of both sides in full height, and silence as silence', () => {
    expect(drawn({ step_s: 0.5, caller: [0, 50], ours: [100, 25] })).toEqual({ caller: [0, 0.5], ours: [1, 0.25], seconds: 1 })
    expect(drawn({ step_s: 0.1, caller: [2], ours: [0] }).caller[0]).toBeLessThan(0.1)
  })
})

describe('a search', () => {
  const now = Date.parse('2026-11-22T15:30:00Z')

  it('stands in the address and comes back from it, without what it can’t mean', () => {
    const filters = { ...NONE, number: '139', when: 'days' as const, from: '2026-11-01', to: '2026-11-02', key: '3:1', recorded: 'false' as const }
    expect(fromAddress(toAddress(filters))).toEqual(filters)
    expect(fromAddress({ result: 'nonsense', rating: '9', from: 'x', talkFrom: '-1', number: ['1', '2'] })).toEqual(NONE)
  })

  it('asks the box for days of the company’s zone', () => {
    vi.stubGlobal('localStorage', { setItem: () => undefined })
    keepCompany({ name_zh: '', name_en: '', time_zone: 'Asia/Shanghai' })
    expect(toQuery({ ...NONE, when: 'today' }, now)).toEqual({ since: '2026-11-21T16:00:00.000Z' })
    expect(toQuery({ ...NONE, when: 'yesterday' }, now)).toEqual({ since: '2026-11-20T16:00:00.000Z', until: '2026-11-21T16:00:00.000Z' })
    expect(toQuery({ ...NONE, when: 'days', from: '2026-11-01', to: '2026-11-02' }, now)).toEqual({ since: '2026-10-31T16:00:00.000Z', until: '2026-11-02T16:00:00.000Z' })
    keepCompany({ name_zh: '', name_en: '', time_zone: 'America/New_York' })
    // The clocks go back on 1 November 2026: that day has 25 hours.
    expect(toQuery({ ...NONE, when: 'days', from: '2026-11-01', to: '2026-11-01' }, now)).toEqual({ since: '2026-11-01T04:00:00.000Z', until: '2026-11-02T05:00:00.000Z' })
  })

  it('leaves out what is only half typed', () => {
    expect(toQuery({ ...NONE, number: '13', agent: '10', key: '3:', talkTo: '', note: '  ' }, now)).toEqual({})
    expect(toQuery({ ...NONE, number: '139 0000', agent: '1001', key: '#', talkFrom: '60', note: '退款', recorded: 'false' }, now)).toEqual({ number: '1390000', agent: '1001', key: '#', talk_from_s: 60, note: '退款', recorded: false })
  })
})
