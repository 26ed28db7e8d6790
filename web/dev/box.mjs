// A box that only exists in memory: the pictures and lists that the pages are tried against.
const GROUPS = [
  [1, '供热报修', 'Heating', 612, 588, 19, 419, 18228],
  [2, '投诉建议', 'Complaints', 96, 90, 5, 77, 1530],
  [3, '供水报修', 'Water', 248, 242, 5, 219, 2662],
  [4, '缴费查询', 'Billing', 291, 283, 8, 269, 2264],
  [5, '大客户专线', 'Key accounts', 37, 36, 1, 36, 144],
]
const AGENTS = [
  ['1020', '曹阳', 'unreachable', 372, [1]], ['1005', '王思远', 'talking', 531, [1], '13500006620'], ['1004', '黄志强', 'talking', 446, [1], '057188000037'],
  ['1006', '李佳怡', 'talking', 303, [1], '13900002745'], ['1021', '邓丽华', 'talking', 207, [1], '13900000012'], ['1007', '赵明轩', 'talking', 178, [3], '15100008031'],
  ['1008', '孙慧敏', 'talking', 44, [4], '18800005502'], ['1009', '吴俊杰', 'talking', 151, [2], '13300007719'], ['1010', '郑可欣', 'talking', 129, [1], '13600004408'],
  ['1011', '刘洋', 'talking', 115, [3], '18200000067'], ['1012', '何静', 'talking', 100, [1], '15900003391'], ['1013', '马天宇', 'talking', 72, [4], '13800002280'],
  ['1014', '高雅楠', 'talking', 52, [1], '17700001946'], ['1015', '罗建国', 'talking', 37, [3], '057188110005'], ['1016', '谢婷婷', 'talking', 21, [2], '15000006673'],
  ['1001', '林晓燕', 'ringing', 6, [1], '13900001111'], ['1017', '徐浩然', 'ringing', 3, [2], '18600007745'], ['1018', '韩冰', 'wrapup', 48, [1]],
  ['1019', '唐梦瑶', 'wrapup', 15, [4]], ['1022', '彭程', 'paused', 246, [3], null, 'training'], ['1003', '陈雨桐', 'paused', 18, [1], null, 'missed'],
  ['1023', '肖雪', 'ready', 215, [4]], ['1024', '潘海峰', 'ready', 134, [4]], ['1002', '周晓彤', 'ready', 68, [3]], ['1025', '沈嘉宁', 'ready', 31, [5]],
]
const WAITING = [[1, '13900001111', 102], [1, '05718800012', 77], [1, '15800000326', 58], [2, '18600007745', 41], [1, '13700002203', 33], [3, '15000009918', 18], [1, '', 6]]
const UNITS = ['asterisk.service', 'postgresql.service', 'pgbouncer.service', 'nginx.service', 'linebox-calld.service', 'linebox-confd.service', 'linebox-webd.service']

const ago = (s) => new Date(Date.now() - s * 1000).toISOString()
let counter = 200
const newId = () => `s00000012-${Math.floor(Date.now() / 1000)}.${counter++}`

/** The snapshot of the mock-ups (`busy`), or of a box on its first day (`quiet`). */
export function snapshot(kind) {
  const quiet = kind === 'quiet'
  const picture = {
    asterisk: { up: true, since: ago(41 * 86400), start: 's00000012' },
    generation: quiet ? 1 : 182,
    groups: (quiet ? GROUPS.slice(0, 1) : GROUPS).map(([id, name_zh, name_en, offered, answered, abandoned, in_20s, wait_total_s]) => ({
      id, name_zh, name_en, waiting: [],
      today: quiet ? { offered: 0, answered: 0, abandoned: 0, in_20s: 0, wait_total_s: 0, abandoned_15m: 0 } : { offered, answered, abandoned, in_20s, wait_total_s, abandoned_15m: 0 },
      thresholds: { wait_s: 60, waiting: 8, level_percent: 80, abandoned_15m: 5, nobody_ready: true },
    })),
    agents: quiet ? [] : AGENTS.map(([number, name, state, s, groups, from = null, reason = null]) => ({ number, name, ext: `8${number.slice(1)}`, phone: `8${number.slice(1)}`, registered: state !== 'unreachable', state, since: ago(s), until: state === 'wrapup' ? ago(s - 60) : null, groups, call: from ? newId() : null, from, reason })),
    calls: [],
    trunks: [{ name: 'exchange', reachable: true, calls: 0, max_calls: 60 }],
    journal: { lag_s: 0.2, rejects: 0, alarms: [] },
    daemons: UNITS.map((unit) => ({ unit, state: unit.includes('confd') ? 'inactive' : 'active', since: ago(unit.includes('webd') ? 3 * 3600 : 41 * 86400), restarts: 0 })),
    stale_since: null,
  }
  if (quiet) return picture
  for (const [group, from, s] of WAITING) {
    const waiting = picture.groups.find((one) => one.id === group).waiting
    const id = newId()
    waiting.push({ call: id, from, since: ago(s), position: waiting.length + 1 })
    picture.calls.push({ id, from, did: '4008001234', since: ago(s + 26), state: 'waiting', state_since: ago(s), group, agent: null })
  }
  for (const agent of picture.agents.filter((one) => one.call)) {
    picture.calls.push({ id: agent.call, from: agent.from, did: '4008001234', since: ago((Date.now() - Date.parse(agent.since)) / 1000 + 45), state: agent.state, state_since: agent.since, group: agent.groups[0], agent: agent.number })
  }
  picture.trunks[0].calls = picture.calls.length
  return picture
}

const RESULTS = ['answered', 'answered', 'answered', 'abandoned', 'answered', 'voicemail', 'answered', 'menu', 'answered', 'selfservice', 'answered', 'cut', 'answered', 'blocked', 'answered', 'closed', 'answered', 'unknown-did', 'answered', 'answered']

/** One finished call as the list shows it. */
export function callRow(n, over = {}) {
  const [id, name_zh, name_en] = GROUPS[(n * 7) % GROUPS.length]
  const [number, name] = AGENTS[(n * 5) % AGENTS.length]
  const result = over.result ?? RESULTS[n % RESULTS.length]
  const talks = result === 'answered' || result === 'cut'
  const queued = talks || result === 'abandoned'
  const talk_s = talks ? 20 + ((n * 37) % 400) : null
  const wait_s = queued ? 4 + ((n * 13) % 100) : null
  const start = Date.parse(over.started_at ?? ago(120 + n * 171))
  const at = (s) => new Date(start + s * 1000).toISOString()
  return {
    id: `s00000012-${Math.floor(start / 1000)}.${n + 17}`, direction: 'in', trunk: 'exchange', from_number: n % 23 === 22 ? '' : `139${String((n * 7919) % 100000000).padStart(8, '0')}`, from_name: '',
    did: n % 9 === 4 ? '4008001235' : '4008001234', vip: n % 11 === 3 ? 2 : 0, generation: 182, started_at: at(0), answered_at: at(1), connected_at: talks ? at(25 + wait_s) : null,
    ended_at: at(25 + (wait_s ?? 0) + (talk_s ?? 0) + 12), result, cut: result === 'cut', group_id: queued ? id : null, group_name_zh: queued ? name_zh : null, group_name_en: queued ? name_en : null,
    agent: talks ? number : null, agent_name: talks ? name : null, extension: talks ? `8${number.slice(1)}` : null, wait_s, ring_s: talks ? 6 : null, talk_s, keys: queued ? '1' : result === 'selfservice' ? '29' : '',
    rating: talks && n % 3 !== 1 ? 5 - (n % 4 === 0 ? 2 : 0) : null, needs_follow_up: result === 'abandoned', recordings: talks ? 1 : 0, ...over,
  }
}

/** One call whole: its steps, legs and recording, fitting its row. */
export function callDetail(call) {
  const start = Date.parse(call.started_at)
  const at = (s) => new Date(start + s * 1000).toISOString()
  const events = []
  const add = (s, kind, fields = {}) => events.push({ n: events.length + 1, at: at(s), kind, fields })
  const wait = call.wait_s ?? 0
  const talk = call.talk_s ?? 0
  const end = (Date.parse(call.ended_at ?? at(25 + wait + talk)) - start) / 1000
  add(0, 'start', { channel: 'PJSIP/trunk-exchange-00000011' })
  add(0.112, 'entry', { gen: '182', did: call.did, trunk: 'exchange', from: call.from_number || 'anonymous', vip: String(call.vip) })
  add(0.31, 'lookup', { name: 'caller_level', outcome: 'ok', ms: '3' })
  add(0.4, 'answer')
  add(0.42, 'route', { to: 'menu', id: '1' })
  if (call.keys !== '') add(17.04, 'menu', { menu: '1', key: call.keys[0] })
  if (call.wait_s !== null) {
    add(24.9, 'route', { to: 'group', id: String(call.group_id) })
    add(25, 'queue', { group: String(call.group_id), do: 'join' })
    if (wait > 30) add(25 + wait - 28, 'ring', { number: '8003' })
  }
  if (call.talk_s !== null) {
    add(25 + wait - 6, 'ring', { number: call.extension })
    add(25 + wait, 'talk', { with: call.extension })
    add(25 + wait + 0.1, 'rec', { do: 'start', file: '20261122/x.raw' })
    add(25 + wait + talk, 'leg-end', { number: call.extension, cause: call.cut ? '44' : '16' })
    add(25 + wait + talk + 0.1, 'connect', { group: String(call.group_id), agent: call.agent, ext: call.extension })
    add(25 + wait + talk + 0.2, 'queue', { group: String(call.group_id), do: 'leave', status: 'answered' })
    if (call.rating !== null) add(25 + wait + talk + 6, 'rating', { value: String(call.rating), agent: call.agent })
  }
  add(end, 'end', call.cut ? { cut: '1' } : {})
  const legs = [{ uniqueid: call.id, channel: 'PJSIP/trunk-exchange-00000011', number: call.from_number, agent: '', started_at: at(0), answered_at: call.answered_at, ended_at: call.ended_at, cause: 16, lost: false }]
  if (wait > 30) legs.push({ uniqueid: `${call.id}0`, channel: 'PJSIP/8003-00000013', number: '8003', agent: '', started_at: at(25 + wait - 28), answered_at: null, ended_at: at(25 + wait - 8), cause: 19, lost: false })
  if (call.agent) legs.push({ uniqueid: `${call.id}1`, channel: `PJSIP/${call.extension}-00000012`, number: call.extension, agent: call.agent, started_at: at(25 + wait - 6), answered_at: at(25 + wait), ended_at: at(25 + wait + talk), cause: call.cut ? 44 : 16, lost: call.cut })
  const recordings = call.recordings > 0 ? [{ n: 0, file: '20261122/x', started_at: at(25 + wait), stopped_at: at(25 + wait + talk), state: 'ready', duration_s: talk, size_bytes: Math.round(talk * 4000) }] : []
  return { call, legs, events, recordings }
}

/** A talk of two voices as a stereo WAV of 8 kHz: bursts of speech-like sound, the caller left. */
export function recording(seconds) {
  const rate = 8000
  const frames = Math.max(1, Math.round(seconds * rate))
  const wav = Buffer.alloc(44 + frames * 4)
  wav.write('RIFF', 0)
  wav.writeUInt32LE(36 + frames * 4, 4)
  wav.write('WAVEfmt ', 8)
  for (const [value, offset, size] of [[16, 16, 4], [1, 20, 2], [2, 22, 2], [rate, 24, 4], [rate * 4, 28, 4], [4, 32, 2], [16, 34, 2]]) wav[size === 4 ? 'writeUInt32LE' : 'writeUInt16LE'](value, offset)
  wav.write('data', 36)
  wav.writeUInt32LE(frames * 4, 40)
  for (let n = 0; n < frames; n++) {
    const t = n / rate
    const turn = Math.sin(t * 0.9) + Math.sin(t * 0.37 + 1)
    const syllable = Math.abs(Math.sin(t * 9)) * Math.abs(Math.sin(t * 2.3 + 0.4)) * (0.6 + 0.4 * Math.sin(t * 0.7))
    const voice = (hz) => Math.sin(2 * Math.PI * hz * t + 2 * Math.sin(t * 5)) * 0.6 + Math.sin(2 * Math.PI * hz * 2.02 * t) * 0.3
    wav.writeInt16LE(Math.round((turn > 0.1 ? voice(150) * syllable : 0.004 * Math.sin(n)) * 18000), 44 + n * 4)
    wav.writeInt16LE(Math.round((turn < -0.1 ? voice(220) * syllable : 0.004 * Math.sin(n * 1.3)) * 18000), 46 + n * 4)
  }
  return wav
}

export { ago, newId }
