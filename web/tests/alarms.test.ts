import { describe, expect, it } from 'vitest'
import { NOON, aDay, aGroup, aSnapshot, ago, anAgent, waitsSince } from './builders'
import { alarmsOf, type Alarm } from '@/shared/live/alarms'
import { groupRows } from '@/shared/live/board'
import type { Snapshot } from '@/shared/live/model'

const alarms = (snapshot: Snapshot): Alarm[] => alarmsOf(snapshot, groupRows(snapshot, NOON), NOON)
const kinds = (snapshot: Snapshot): string[] => alarms(snapshot).map((alarm) => `${alarm.weight} ${alarm.kind}`)
const queue = (snapshot: Snapshot): Extract<Alarm, { kind: 'queue' }> | undefined => alarms(snapshot).find((alarm) => alarm.kind === 'queue')
const never = { wait_s: null, waiting: null, level_percent: null, abandoned_15m: null, nobody_ready: false }

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

  it('names a trunk that is down', () => {
    expect(kinds(aSnapshot({ trunks: [{ name: 'exchange', reachable: false, calls: 0, max_calls: 30 }] }))).toEqual(['stop trunk'])
  })

  it('does not take an idle confd for a fault', () => {
    const idle = { state: 'inactive', since: null, restarts: 0 } as const
    expect(kinds(aSnapshot({ daemons: [{ unit: 'linebox-confd', ...idle }, { unit: 'linebox-calld', ...idle }] }))).toEqual(['stop unit'])
  })

  it.each([
    ['the longest wait is over the line', { waiting: [waitsSince(61)] }, ['stop queue']],
    ['the longest wait is at the line', { waiting: [waitsSince(60)] }, []],
    ['as many wait as the line says', { waiting: [1, 2, 3, 4, 5].map((s) => waitsSince(s)) }, ['stop queue']],
    ['the service level is under the goal', { today: aDay({ answered: 20, in_20s: 15 }) }, ['warn level']],
    ['the service level rests on few calls', { today: aDay({ answered: 3, in_20s: 0 }) }, []],
    ['many gave up within 15 minutes', { today: aDay({ abandoned_15m: 5 }) }, ['warn abandoned']],
    ['every line is switched off', { thresholds: never, waiting: [waitsSince(999)], today: aDay({ answered: 20, abandoned_15m: 99 }) }, []],
  ])('%s', (_, over, expected) => {
    expect(kinds(aSnapshot({ groups: [aGroup(over)], agents: [anAgent()] }))).toEqual(expected)
  })

  it('somebody waits and nobody is ready', () => {
    const waits = { groups: [aGroup({ waiting: [waitsSince(1)] })] }
    expect(kinds(aSnapshot({ ...waits, agents: [anAgent({ state: 'talking' })] }))).toEqual(['warn queue'])
    expect(queue(aSnapshot({ ...waits, agents: [] }))).toMatchObject({ causes: ['nobody'], nobodyIn: true, proposal: null })
  })

  it('puts callers who wait too long before a lost phone', () => {
    const snapshot = aSnapshot({ groups: [aGroup({ waiting: [waitsSince(90)] })], agents: [anAgent({ number: '1002', state: 'unreachable' })] })
    expect(kinds(snapshot)).toEqual(['stop queue', 'warn agents'])
  })
})

describe('what is proposed', () => {
  const pressed = aGroup({ id: 1, waiting: [waitsSince(90), waitsSince(80), waitsSince(70)] })

  it('ready agents of a group where nobody waits, the longest free first, one stays', () => {
    const agents = ['1', '2', '3'].map((number) => anAgent({ number, groups: [2], since: ago(Number(number)) }))
    expect(queue(aSnapshot({ groups: [pressed, aGroup({ id: 2 })], agents }))?.proposal).toMatchObject({ kind: 'move', from: { id: 2 }, to: { id: 1 }, agents: [{ number: '3' }, { number: '2' }] })
  })

  it('takes nobody from a group where somebody waits, nor who serves this one already', () => {
    const agents = [anAgent({ groups: [2] }), anAgent({ number: '1002', groups: [1], state: 'paused', since: ago(10) }), anAgent({ number: '1003', groups: [1], state: 'paused', since: ago(700) })]
    const snapshot = aSnapshot({ groups: [pressed, aGroup({ id: 2, waiting: [waitsSince(1)] })], agents })
    expect(queue(snapshot)?.proposal).toMatchObject({ kind: 'ready', agents: [{ number: '1003' }, { number: '1002' }] })
  })

  it('else an early end of wrap-up; else nothing', () => {
    const snapshot = aSnapshot({ groups: [pressed], agents: [anAgent({ state: 'wrapup' }), anAgent({ number: '1002', state: 'talking' })] })
    expect(queue(snapshot)?.proposal).toMatchObject({ kind: 'wrapup-end', agents: [{ number: '1001' }] })
    expect(queue(aSnapshot({ groups: [pressed], agents: [anAgent({ state: 'talking' })] }))?.proposal).toBeNull()
  })

  it('nothing while the group has ready agents of its own', () => {
    expect(queue(aSnapshot({ groups: [pressed, aGroup({ id: 2 })], agents: [anAgent(), anAgent({ number: '1002', groups: [2] })] }))?.proposal).toBeNull()
  })
})
