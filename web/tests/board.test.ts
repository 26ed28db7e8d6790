import { describe, expect, it } from 'vitest'
import { NOON, aDay, aGroup, aSnapshot, ago, anAgent, waitsSince } from './builders'
import { abandonedShare, byStateAndTime, groupRows, serviceLevel } from '@/shared/live/board'


describe('groups by pressure', () => {
  it('puts the longest wait over the alert line first', () => {
    const rows = groupRows(aSnapshot({ groups: [aGroup({ id: 1 }), aGroup({ id: 2, waiting: [waitsSince(30)] }), aGroup({ id: 3, waiting: [waitsSince(90)] })], agents: [] }), NOON)
    expect(rows.map((row) => [row.group.id, row.pressure])).toEqual([[3, 'late'], [2, 'busy'], [1, 'calm']])
  })

  it('is late at its own line, or when as many wait as it bears', () => {
    const thresholds = { wait_s: 10, waiting: 3, level_percent: null, abandoned_15m: null, nobody_ready: false }
    const rows = groupRows(aSnapshot({ groups: [aGroup({ thresholds, waiting: [waitsSince(11)] }), aGroup({ id: 2, thresholds, waiting: [waitsSince(1), waitsSince(2), waitsSince(3)] }), aGroup({ id: 3, thresholds: { ...thresholds, wait_s: null }, waiting: [waitsSince(999)] })] }), NOON)
    expect(rows.map((row) => [row.group.id, row.pressure])).toEqual([[1, 'late'], [2, 'late'], [3, 'busy']])
  })

  it('keeps the rows in which nothing changed', () => {
    const before = aSnapshot({ groups: [aGroup(), aGroup({ id: 2 })], agents: [anAgent({ groups: [1] })] })
    const rows = groupRows(before, NOON)
    const after = groupRows({ ...before, agents: [anAgent({ groups: [1], state: 'paused' })] }, NOON + 1000, rows)
    expect(after.map((row) => rows.includes(row))).toEqual([false, true])
  })

  it('counts each agent in every group they serve', () => {
    const [row] = groupRows(aSnapshot({ agents: [anAgent({ groups: [1, 2] }), anAgent({ number: '1002', groups: [2] })] }), NOON)
    expect(row?.mix.ready).toBe(1)
  })
})

describe('shares of today', () => {
  it('tell nothing before the first call', () => {
    const today = aDay({ offered: 1 })
    expect([serviceLevel(today), abandonedShare(today)]).toEqual([null, null])
  })

  it('leave out calls that still wait', () => {
    const today = aDay({ offered: 12, answered: 9, abandoned: 1, in_20s: 8, wait_total_s: 80 })
    expect([serviceLevel(today), abandonedShare(today)]).toEqual([0.8, 0.1])
  })
})

describe('agents', () => {
  it('stand by state, then by the longest in it', () => {
    const agents = [anAgent({ number: '1' }), anAgent({ number: '2', state: 'talking', since: ago(5) }), anAgent({ number: '3', state: 'talking', since: ago(50) }), anAgent({ number: '4', state: 'out', since: null })]
    expect([...agents].sort(byStateAndTime).map((agent) => agent.number)).toEqual(['3', '2', '1', '4'])
  })
})
