import type { LiveAgent, LiveCall, LiveGroup, LiveParts, Message, Snapshot } from '@/shared/live/model'

export const NOON = Date.parse('2026-11-22T04:00:00Z')
export const ago = (seconds: number): string => new Date(NOON - seconds * 1000).toISOString()

export const aDay = (over: Partial<LiveGroup['today']> = {}): LiveGroup['today'] => ({ offered: 0, answered: 0, abandoned: 0, in_20s: 0, wait_total_s: 0, abandoned_15m: 0, ...over })

export const aGroup = (over: Partial<LiveGroup> = {}): LiveGroup => ({
  id: 1,
  name_zh: '客服',
  name_en: 'Service',
  waiting: [],
  today: aDay(),
  thresholds: { wait_s: 60, waiting: 5, level_percent: 80, abandoned_15m: 5, nobody_ready: true },
  ...over,
})

export const anAgent = (over: Partial<LiveAgent> = {}): LiveAgent => ({
  number: '1001',
  name: '林晓燕',
  ext: '8001',
  phone: '8001',
  registered: true,
  state: 'ready',
  since: ago(60),
  until: null,
  groups: [1],
  call: null,
  from: null,
  reason: null,
  ...over,
})

export const aCall = (over: Partial<LiveCall> = {}): LiveCall => ({
  id: 's00000001-1.1',
  from: '13900001111',
  did: '4008001234',
  since: ago(30),
  state: 'menu',
  state_since: ago(10),
  group: null,
  agent: null,
  ...over,
})

export const waitsSince = (seconds: number, call = `call-${seconds}`): LiveGroup['waiting'][number] => ({ call, from: '13900001111', since: ago(seconds), position: 1 })

export const parts = (over: Partial<LiveParts> = {}): LiveParts => ({
  asterisk: { up: true, since: ago(3600), start: 's00000001' },
  generation: 7,
  groups: [aGroup()],
  agents: [anAgent()],
  calls: [],
  trunks: [{ name: 'exchange', reachable: true, calls: 0, max_calls: 30 }],
  journal: { lag_s: 0.1, rejects: 0, alarms: [] },
  daemons: [],
  stale_since: null,
  ...over,
})

export const aSnapshot = (over: Partial<Snapshot> = {}): Snapshot => ({ ...parts(), epoch: 'e1', seq: 10, at: ago(0), ...over })

export const whole = (seq: number, over: Partial<LiveParts> = {}, epoch = 'e1'): Message => ({ epoch, seq, at: ago(0), snapshot: parts(over) })
export const change = (seq: number, set: Message['set'], epoch = 'e1'): Message => ({ epoch, seq, at: ago(0), set: set ?? {} })
