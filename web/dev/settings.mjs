// Settings of the mock box: rows of each kind, a draft's preview, apply and undo, the log. Nothing is compiled.
import { createHash } from 'node:crypto'
import { ago } from './box.mjs'

const GROUP = { strategy: 'longest-idle', ring_s: 20, wrapup_s: 60, max_wait_s: 180, limit_waiting: 30, announce_s: 30, overflow: { kind: 'voicemail', target: 0 }, asks_rating: true, max_missed: 3, records: true, music_id: null }
const NAMES = [['供热报修', 'Heating'], ['投诉建议', 'Complaints'], ['供水报修', 'Water'], ['缴费查询', 'Billing'], ['大客户专线', 'Key accounts']]
const PEOPLE = ['林晓燕', '周晓彤', '陈雨桐', '黄志强', '王思远', '李佳怡', '赵明轩', '孙慧敏', '吴俊杰', '郑可欣', '刘洋', '何静']
const rows = {
  company: [{ name_zh: '云河公用热线', name_en: 'Yunhe Public Hotline', time_zone: 'Asia/Shanghai', language: 'zh', version: 40 }],
  'recording-rules': [{ keep_days: 180, calls_out: true }],
  limits: [{ countries: ['HK', 'SG'], abroad_hours: 2, minutes_day: 600, calls_at_once: 2, known: ['HK', 'MO', 'TW', 'SG', 'US', 'GB', 'JP', 'JM', 'DE'] }],
  group: NAMES.map(([name_zh, name_en], n) => ({ id: n + 1, name_zh, name_en, ...GROUP, ring_s: 20 + n * 5 })),
  agent: PEOPLE.map((name, n) => ({ number: String(1001 + n), name, language: 'zh', memberships: [{ group_id: 1 + (n % 5), penalty: n % 3 === 2 ? 1 : 0 }] })),
  extension: PEOPLE.map((name, n) => ({ number: String(8001 + n), name })),
  calendar: [{ id: 1, name: '全天', always_open: true, hours: [], days: [] }, { id: 2, name: '工作日', always_open: false, hours: [{ weekday: 1, opens: '08:30:00', closes: '18:00:00' }], days: [] }],
  prompt: [{ id: 1, name: '问候', text_zh: '欢迎致电云河公用热线。', text_en: 'Welcome.', voice_zh: 'zf_xiaoxiao', voice_en: 'af_heart', speed: 1, builtin: null }],
  music: [{ id: 1, name: '轻音乐', pieces: [{ file: 'a'.repeat(32), name: '清晨' }, { file: 'b'.repeat(32), name: '小溪' }] }],
  reading: [{ id: 1, lang: 'zh', word: '行长', reading: 'hang2 zhang3' }, { id: 2, lang: 'en', word: 'Linebox', reading: 'line box' }],
  'sound-defaults': [{ voice_zh: 'zf_xiaoxiao', voice_en: 'af_heart', speed: 1, music_id: null }],
  menu: [{ id: 1, name: '主菜单', prompt_id: 1, timeout_s: 5, tries: 3, fallback: { kind: 'group', target: 1 }, options: [{ key: '1', kind: 'group', target: 1 }, { key: '2', kind: 'group', target: 2 }] }],
  did: ['4008001234', '4008001235', '057188001234'].map((number, n) => ({ number, name: ['主线', '英语', '市话'][n], language: n === 1 ? 'en' : 'zh', calendar_id: 1, greeting_id: 1, destination: { kind: 'menu', target: 1 }, mailbox: 0 })),
  number: Array.from({ length: 137 }, (_, n) => ({ number: String(13900000000 + n * 7919), list: n % 3 === 0 ? 'vip' : 'black', level: n % 3 === 0 ? 1 + (n % 9) : 1, note: ['骚扰电话', '', '大客户，转李经理', '反复拨打，谩骂坐席，已报备'][n % 4], until: n % 5 === 0 ? '2026-12-31T16:00:00+00:00' : n % 7 === 0 ? '2026-03-01T16:00:00+00:00' : null })),
  trunk: [{ id: 1, name: 'exchange', kind: 'sip', host: '10.60.0.20', port: 5060, max_calls: 30, choice: 'ascending', did_prefix: '' }, { id: 2, name: 'telecom', kind: 'e1', host: '', port: 5060, max_calls: 60, choice: 'round', did_prefix: '0571' }, { id: 3, name: 'city-lines', kind: 'analog', host: '', port: 5060, max_calls: 4, choice: 'ascending', did_prefix: '' }],
  span: [['te236-0a1b2c/1', 'e1', 2], ['te236-0a1b2c/2', 'e1', null], ['@PCI_Bus_02_Slot_09/1', 'analog', null]].map(([key, kind, trunk_id], n) => ({ trunk_id, signalling: n === 1 ? 'r2' : 'pri-user', crc4: n === 0, line_code: 'hdb3', timing: kind === 'e1' ? n + 1 : 0, called_plan: 'unknown', caller_plan: 'unknown', overlap: false, r2_called_digits: 8, r2_caller_digits: 20, blocked: n === 0 ? '3,17-20' : '', echo: 'card', line_mode: 'china', id: n + 1, key, card_id: kind === 'e1' ? 1 : 2, position: kind === 'e1' ? n + 1 : 1, kind, number: n + 1, first_channel: n * 31 + 1, channels: kind === 'e1' ? 31 : 8 })),
  port: Array.from({ length: 8 }, (_, n) => ({ trunk_id: n < 3 ? 3 : null, number: n === 0 ? '057188001234' : '', caller_id: 'fsk', answer_polarity: false, hangup_polarity: false, hangup_busy: true, busy_pattern: '350,350', busy_count: 4, quiet_min: 5, quiet_wait_min: 30, extension: n === 5 ? '8003' : null, shows_caller: true, flash: true, flash_ms: 600, rx_gain_db: 0, tx_gain_db: 0, echo: 'software', impedance: n === 1 ? 2 : null, id: n + 1, span_id: 3, position: n + 1, kind: n < 4 ? 'fxo' : 'fxs', channel: 63 + n, line: n + 1 })),
}
const PATHS = { '/api/groups': 'group', '/api/extensions': 'extension', '/api/calendars': 'calendar', '/api/prompts': 'prompt', '/api/menus': 'menu', '/api/music': 'music', '/api/readings': 'reading', '/api/dids': 'did', '/api/trunks': 'trunk', '/api/spans': 'span', '/api/ports': 'port', '/api/agents': 'agent' }
const keyName = (what) => (['group', 'calendar', 'prompt', 'music', 'reading', 'menu', 'trunk', 'span', 'port'].includes(what) ? 'id' : 'number')
const keyOf = (what, row) => (['company', 'limits', 'recording-rules', 'sound-defaults'].includes(what) ? what : String(row[keyName(what)]))
const etag = (row) => createHash('sha256').update(JSON.stringify(row)).digest('hex').slice(0, 20)
const told = (row) => ({ ...row, etag: etag(row) })
const one = (what, key) => rows[what].find((row) => keyOf(what, row) === key)

let generation = 182
let stoppedSince = null
let act = 40
const log = []
const generations = [{ number: 182, hash: 'a3f0', state: 'current', made_by: 'zhou', note: '', made_at: ago(90_000), switched_at: ago(89_998), error: null }]
const entry = (what, key, before, after, by = 'zhou', at = ago(0)) => log.unshift({ id: log.length + 1, act, at, made_by: by, from_address: '192.168.10.20', what, key, before, after })
for (const [n, [field, from, to, by]] of [['max_wait_s', 120, 180, 'zhou'], ['ring_s', 15, 20, 'owner'], ['wrapup_s', 30, 60, 'zhou']].entries()) {
  act += 1
  entry('group', '1', { ...rows.group[0], [field]: from }, { ...rows.group[0], [field]: to }, by, ago(400_000 - n * 90_000))
}

const error = (code, zh, en, fields = {}) => ({ code, fields, zh, en })
const CHANGED = error('changed-by-other', '别人刚改过，请重新看一下再改。', 'Somebody changed it meanwhile; look again.')

function problems(changes) {
  return changes.flatMap(({ what, key, etag: seen, after }, change) => {
    const there = key === null ? null : one(what, key)
    if (key !== null && (!there || etag(there) !== seen)) return [{ change, what, key, field: '', ...CHANGED }]
    if (what === 'group' && after && after.name_zh === '满') return [{ change, what, key, field: 'name_zh', code: 'already-exists', zh: '已经有叫“满”的了。', en: 'There is one called so.' }]
    return []
  })
}
function preview(changes) {
  const calls = changes.some(({ what }) => what !== 'company')
  const lines = changes.flatMap(({ what, key, after }) => { const before = key && one(what, key); return after && before ? Object.keys(after).filter((name) => JSON.stringify(after[name]) !== JSON.stringify(before[name])).flatMap((name) => [`-${name}=${JSON.stringify(before[name])}`, `+${name}=${JSON.stringify(after[name])}`]) : [] })
  const gone = changes.some(({ what, after }) => what === 'trunk' && after === null)
  return {
    problems: problems(changes), difference: calls ? [{ file: 'queues.conf', text: ['--- gen-182/queues.conf', '+++ gen-183/queues.conf', '@@ -12,6 +12,6 @@', ' [g1]', ' strategy=leastrecent', ...lines, ' wrapuptime=0'].join('\n') }] : [],
    changes_calls: calls, generation: generation + 1, impact: { calls: 14, waiting: 5, cut: gone ? 3 : 0, notes: gone ? [{ zh: '会中断 3 通电话。等到空闲时再应用。', en: '3 calls would be cut. Apply it when the lines are quiet.' }, { zh: '线路拆了就没有外线。', en: 'Without a line there is no outside.' }] : [{ zh: '14 通电话正在进行，都按开始时的设置走完，不会中断；新来电按新设置。', en: '14 calls are in progress. They go on by the settings they began with, and none is cut; new calls meet the new settings.' }] },
  }
}
function switched(by, note) {
  generation += 1
  for (const past of generations) if (past.state === 'current') past.state = 'superseded'
  generations.unshift({ number: generation, hash: 'b7', state: 'current', made_by: by, note, made_at: ago(0), switched_at: ago(0), error: null })
}
function apply(changes, by, note) {
  const wrong = problems(changes)
  if (wrong.length > 0) return [409, error('changed-by-other', CHANGED.zh, CHANGED.en, { problems: wrong })]
  act += 1
  const made = []
  for (const [change, { what, key, after }] of changes.entries()) {
    const before = key === null ? null : one(what, key)
    if (after === null) rows[what] = rows[what].filter((row) => row !== before)
    else if (before) Object.assign(before, after)
    else {
      const row = keyName(what) === 'id' ? { id: 1 + Math.max(0, ...rows[what].map(({ id }) => id)), ...after } : after
      rows[what].push(row)
      made.push({ change, what, key: keyOf(what, row), told: what === 'extension' ? { secret: 'x8Kd02mQ' } : {} })
    }
    entry(what, key ?? made.at(-1).key, before ? { ...before, ...revert.get(before) } : null, after)
  }
  switched(by, note)
  return [200, { generation, changed: true, seconds: 1.4, log: log.filter((one) => one.act === act).map(({ id }) => id), act, made }]
}
const revert = new Map()

/** Put back what entries changed. */
function undo({ log: ids = [], act: whole = null }, by) {
  const wanted = log.filter((one) => ids.includes(one.id) || one.act === whole)
  if (wanted.length === 0) return [404, error('not-found', '没有。', 'There is none.')]
  act += 1
  for (const { what, key, before, after } of wanted) {
    const there = one(what, key)
    if (before === null) rows[what] = rows[what].filter((row) => row !== there)
    else if (there) Object.assign(there, before)
    else rows[what].push(before)
    entry(what, key, after, before, by)
  }
  switched(by, '')
  return [200, { generation, changed: true, seconds: 1.2, log: [], act, made: [] }]
}

const COLUMNS = {
  extension: [['number', '分机号', 'Extension', true, '3 到 6 位数字', '3 to 6 digits'], ['name', '名称', 'Name', false, '谁的电话，可不填', 'whose telephone; may be empty']],
  agent: [['number', '工号', 'Staff number', true, '3 到 6 位数字', '3 to 6 digits'], ['name', '姓名', 'Name', true, '新坐席必填', 'a new agent needs one'], ['pin', 'PIN', 'PIN', false, '4 到 8 位数字；新坐席不填则自动生成', '4 to 8 digits; made for a new agent when empty']],
  number: [['number', '号码', 'Number', true, '3 到 20 位数字', '3 to 20 digits'], ['list', '名单', 'List', true, '黑名单 或 VIP', 'black or VIP'], ['note', '备注', 'Note', false, '最多 500 字', 'at most 500 characters']],
}
const SHEET_FRESH = { extension: { name: '' }, agent: { name: '', language: 'zh', memberships: [] }, number: { list: 'black', level: 1, note: '', until: null } }
/** A CSV without quotes, and what becomes of its rows. */
function sheetRead({ what, file }) {
  const [heads, ...cells] = Buffer.from(file, 'base64').toString('utf8').replace('\ufeff', '').trim().split(/\r?\n/).map((line) => line.split(','))
  return [200, { heads, columns: heads.map((head) => COLUMNS[what].find((one) => one.slice(0, 3).includes(head))?.[0] ?? ''), rows: cells, first_row: 2 }]
}
function sheetTaken(what, { columns, rows: cells, first_row, dry }, by) {
  const bad = [], changes = []
  let [made, changed, same] = [0, 0, 0]
  for (const [n, row] of cells.entries()) {
    const given = Object.fromEntries(columns.flatMap((name, at) => (name !== '' && row[at] ? [[name, row[at]]] : [])))
    if (!/^[0-9]{3,20}$/.test(given.number ?? '')) { bad.push({ row: first_row + n, problems: [{ field: 'number', code: 'bad-form', zh: '要写成 3 到 20 位数字。', en: 'Write 3 to 20 digits.' }] }); continue }
    if (given.list) given.list = given.list === 'VIP' ? 'vip' : 'black'
    const before = one(what, given.number) ?? null
    const after = { ...(before ?? SHEET_FRESH[what]), ...given }
    delete after.pin
    if (before && JSON.stringify(before) === JSON.stringify(after)) same += 1
    else {
      if (before) changed += 1
      else made += 1
      changes.push({ what, key: given.number, before, after })
    }
  }
  let applied = null
  if (!dry) {
    const done = apply(changes.map(({ key, before, after }) => ({ what, key: before ? key : null, etag: before ? etag(before) : null, after })), by, '')[1]
    applied = { ...done, made: done.made.map((each) => ({ ...each, told: what === 'agent' ? { password: 'tulip-42-river', pin: '4711' } : each.told })) }
  }
  return [200, { made, changed, same, bad, changes: changes.slice(0, 200), seen: String(generation), applied }]
}

/** [status, answer] of what the settings ask; undefined for everything else. `send` tells the live line. */
export function settings(who, method, path, query, body, send) {
  const by = who.login
  const list = PATHS[path]
  if (list !== undefined && method === 'GET') return [200, { items: rows[list].map(told) }]
  if (path === '/api/number-lists') {
    const fits = rows.number.filter((row) => (!query.get('list') || row.list === query.get('list')) && (row.number.includes(query.get('q') ?? '') || row.note.includes(query.get('q') ?? ''))).sort((a, b) => (a.number < b.number ? -1 : 1))
    const items = fits.filter(({ number }) => number > (query.get('after') ?? '')).slice(0, Number(query.get('limit') ?? 50))
    return [200, { items: items.map(told), total: fits.length, next: items.length > 0 && items.at(-1) !== fits.at(-1) ? items.at(-1).number : null }]
  }
  const listed = /^\/api\/number-lists\/(.+)$/.exec(path)
  if (listed) { const row = one('number', decodeURIComponent(listed[1])); return row ? [200, told(row)] : [404, error('not-found', '没有。', 'There is none.')] }
  if (/^\/api\/extensions\/\d+\/secret$/.test(path)) return [200, { secret: 'q7Wm2xKp9dTz' }]
  if (path === '/api/settings/sheets/read') return sheetRead(body)
  const table = /^\/api\/settings\/sheets\/(\w+)$/.exec(path)?.[1]
  if (table && method === 'GET') return [200, { items: COLUMNS[table].map(([name, zh, en, needed, help_zh, help_en]) => ({ name, zh, en, needed, help_zh, help_en })) }]
  if (table) return sheetTaken(table, body, by)
  if (path === '/api/company' && method === 'GET') return [200, told(rows.company[0])]
  if (path === '/api/sound-defaults' && method === 'GET') return [200, told(rows['sound-defaults'][0])]
  if (path === '/api/recording-rules' && method === 'GET') return [200, told(rows['recording-rules'][0])]
  if (path === '/api/limits' && method === 'GET') return [200, told(rows.limits[0])]
  if (path === '/api/limits/now') return [200, { stopped_since: stoppedSince, spent: [['8001', 4210], ['w1002', 960]].map(([phone, seconds]) => ({ phone, day: new Intl.DateTimeFormat('sv', { timeZone: 'Asia/Shanghai' }).format(new Date()).replaceAll('-', ''), seconds })) }]
  if (path === '/api/limits/stop') { stoppedSince = body.stopped ? ago(0) : null; return [200, { ended: body.cut ? 3 : 0 }] }
  if (path === '/api/settings/preview') return [200, preview(body.changes)]
  if (path === '/api/settings/apply') {
    for (const { what, key } of body.changes) if (key !== null) revert.set(one(what, key), { ...one(what, key) })
    const said = apply(body.changes, by, body.note)
    send({ generation })
    return said
  }
  if (path === '/api/settings/undo') { const said = undo(body, by); send({ generation }); return said }
  if (path === '/api/settings/unapplied') return [200, { count: 0, items: [] }]
  if (path === '/api/generations') return [200, { items: generations, unapplied: 0 }]
  if (path === '/api/settings-log') {
    const fits = (one) => ['what', 'key'].every((name) => !query.get(name) || one[name] === query.get(name)) && (!query.get('by') || one.made_by === query.get('by')) && (!query.get('before') || one.id < Number(query.get('before')))
    return [200, { items: log.filter(fits).slice(0, Number(query.get('limit') ?? 50)) }]
  }
  if (path === '/api/settings/import') {
    const changes = [{ what: 'group', key: '1', before: rows.group[0], after: { ...rows.group[0], ring_s: 25 } }, { what: 'did', key: '4008001299', before: null, after: { ...rows.did[0], number: '4008001299', name: '新号' } }]
    if (body.text.includes('坏')) return [200, { problems: [{ line: 12, path: 'groups.3.ring_s', code: 'too-small', zh: '至少 5。', en: 'At least 5.' }], count: 0, changes: [], seen: 's', preview: null, applied: null }]
    if (!body.dry) switched(by, body.note)
    return [200, { problems: [], count: 2, changes, seen: 's', preview: body.dry ? preview([]) : null, applied: body.dry ? null : { generation, changed: true, seconds: 1.8, log: [], act: null, made: [] } }]
  }
  return undefined
}

/** A change by somebody else, for trying out what two at once see. */
export function meddle() {
  act += 1
  const before = { ...rows.group[0] }
  rows.group[0].ring_s += 3
  entry('group', '1', before, { ...rows.group[0] }, '1000')
  switched('1000', '')
  return generation
}
