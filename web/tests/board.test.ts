import { describe, expect, it } from 'vitest'
import { NOON, aGroup, aSnapshot, ago, anAgent, waitsSince } from './builders'
import { abandonedShare, alertsOf, byStateAndTime, groupRows, serviceLevel } from '@/shared/live/board'

const kinds = (snapshot: Parameters<typeof alertsOf>[0]): string[] => alertsOf(snapshot, groupRows(snapshot, NOON)).map((alert) => `${alert.weight} ${alert.kind}`)

describe('groups by pressure', () => {
  it('puts the longest wait over the alert line first', () => {
    const rows = groupRows(aSnapshot({ groups: [aGroup({ id: 1 }), aGroup({ id: 2, waiting: [waitsSince(30)] }), aGroup({ id: 3, waiting: [waitsSince(90)] })], agents: [] }), NOON)
    expect(rows.map((row) => [row.group.id, row.pressure])).toEqual([[3, 'late'], [2, 'busy'], [1, 'calm']])
  })

  it('counts each agent in every group they serve', () => {
    const [row] = groupRows(aSnapshot({ agents: [anAgent({ groups: [1, 2] }), anAgent({ number: '1002', groups: [2] })] }), NOON)
    expect(row?.mix.ready).toBe(1)
  })
})

describe('shares of today', () => {
  it('tell nothing before the first call', () => {
    const today = { offered: 1, answered: 0, abandoned: 0, in_20s: 0, wait_total_s: 0 }
    expect([serviceLevel(today), abandonedShare(today)]).toEqual([null, null])
  })

  it('leave out calls that still wait', () => {
    const today = { offered: 12, answered: 9, abandoned: 1, in_20s: 8, wait_total_s: 80 }
    expect([serviceLevel(today), abandonedShare(today)]).toEqual([0.8, 0.1])
  })
})

describe('what must be acted on', () => {
  it('is nothing on a calm box', () => {
    expect(kinds(aSnapshot())).toEqual([])
  })

  it('names a stopped engine once, and no trunk behind it', () => {
    const snapshot = aSnapshot({
      asterisk: { up: false, since: null, start: null },
      trunks: [{ name: 'exchange', reachable: false, calls: 0, max_calls: 30 }],
      daemons: [{ unit: 'asterisk', state: 'failed', since: null, restarts: 1 }],
    })
    expect(kinds(snapshot)).toEqual(['stop asterisk'])
  })

  it('does not take an idle confd for a fault', () => {
    const idle = { state: 'inactive', since: null, restarts: 0 } as const
    expect(kinds(aSnapshot({ daemons: [{ unit: 'linebox-confd', ...idle }, { unit: 'linebox-calld', ...idle }] }))).toEqual(['stop unit'])
  })

  it('puts callers who wait too long before a lost phone, and finds who could help', () => {
    const snapshot = aSnapshot({
      groups: [aGroup({ id: 1, waiting: [waitsSince(90)] }), aGroup({ id: 2 })],
      agents: [anAgent({ groups: [2] }), anAgent({ number: '1002', state: 'unreachable', groups: [1] })],
    })
    const [first, second] = alertsOf(snapshot, groupRows(snapshot, NOON))
    expect(first).toMatchObject({ kind: 'group', weight: 'stop', row: { group: { id: 1 } }, helpers: [{ group: { id: 2 } }] })
    expect(second).toMatchObject({ kind: 'agents', weight: 'warn' })
  })
})

describe('agents', () => {
  it('stand by state, then by the longest in it', () => {
    const agents = [anAgent({ number: '1' }), anAgent({ number: '2', state: 'talking', since: ago(5) }), anAgent({ number: '3', state: 'talking', since: ago(50) }), anAgent({ number: '4', state: 'out', since: null })]
    expect([...agents].sort(byStateAndTime).map((agent) => agent.number)).toEqual(['3', '2', '1', '4'])
  })
})
