// What the mock knows of calls: the search, peaks, and callers who reached nobody.
import { ago } from './box.mjs'

const MOST = 5000

/** A page of rows as `GET /api/calls` gives it. */
export function search(rows, query) {
  const number = query.get('number')
  const has = (name, of) => !query.has(name) || String(of) === query.get(name)
  const from = Number(query.get('cursor') ?? 0)
  const limit = Number(query.get('limit') ?? 50)
  const found = rows.filter((row) =>
    (!number || row.from_number.includes(number) || row.did.includes(number)) && has('result', row.result) && has('agent', row.agent) && has('group', row.group_id)
    && has('rating', row.rating) && has('direction', row.direction) && has('recorded', row.recordings > 0) && (!query.has('key') || row.keys.includes(query.get('key').at(-1)))
    && (!query.has('since') || row.started_at >= query.get('since')) && (!query.has('until') || row.started_at < query.get('until')) && Number(row.talk_s ?? -1) >= Number(query.get('talk_from_s') ?? -1))
  const by_result = {}
  for (const row of found) by_result[row.result] = (by_result[row.result] ?? 0) + 1
  return { items: found.slice(from, from + limit), next_cursor: from + limit < found.length ? String(from + limit) : null, counts: query.has('cursor') ? null : { most: MOST, total: found.length, by_result } }
}

/** How loud the mock's recording of so many seconds is. */
export function peaks(seconds) {
  const count = Math.max(1, Math.round(seconds * 10))
  const side = (sign) => Array.from({ length: count }, (_, n) => {
    const t = n / 10
    const turn = Math.sin(t * 0.9) + Math.sin(t * 0.37 + 1)
    return sign * turn > 0.1 ? Math.round(40 + 90 * Math.abs(Math.sin(t * 9.1)) * Math.abs(Math.sin(t * 2.3 + 0.4))) : 1
  })
  return { step_s: 0.1, caller: side(1), ours: side(-1) }
}

const call = (kind, s, more = {}) => ({ call_id: `s00000012-${1795000000 - Math.round(s)}.17`, kind, at: ago(s), group_id: 1, group_name_zh: '供热报修', group_name_en: 'Heating', voicemail: kind === 'voicemail', voicemail_s: kind === 'voicemail' ? 14 : null, heard_at: null, ...more })
const line = (id, number, calls, more = {}) => ({
  id, number, customer_id: null, customer: null, kinds: [...new Set(calls.map((one) => one.kind))], calls, count: calls.length, first_at: calls.at(-1).at, last_at: calls[0].at, state: 'open', owner: null, owner_name: null,
  taken_at: null, called_at: null, tries: 0, tried_at: null, reached: null, closed_at: null, closed_by: null, closed_by_name: null, result: null, note: '', ...more,
})

/** The list on a busy morning; acts change it in place. */
export const lines = [
  line(1, '13900001111', [call('abandoned', 900), call('voicemail', 5200), call('abandoned', 17_000)], { customer_id: 1, customer: '沈国平' }),
  line(2, '057188000037', [call('blocked', 9000, { group_id: null, group_name_zh: null, group_name_en: null })]),
  line(3, '13500006620', [call('cut', 4000)], { state: 'taken', owner: '1005', owner_name: '王思远', taken_at: ago(1800) }),
  line(4, '18600007745', [call('abandoned', 2600)], { state: 'called', owner: '1017', owner_name: '徐浩然', taken_at: ago(1500), called_at: ago(700), tries: 2, tried_at: ago(700) }),
  line(5, '15800000326', [call('abandoned', 2100)], { state: 'called', owner: 'owner', tries: 1, tried_at: ago(400), reached: { call_id: 's00000012-1795000400.17', at: ago(400), direction: 'out' } }),
  line(6, 'anonymous', [call('missed', 600, { group_id: null, group_name_zh: null, group_name_en: null })]),
  line(7, '13700002203', [call('abandoned', 120)]),
]

export function followUps(query) {
  const closed = query.get('state') === 'closed'
  const has = (name, ...of) => !query.has(name) || of.map(String).includes(query.get(name))
  const found = lines.filter((one) => (one.state === 'closed') === closed && has('kind', ...one.kinds) && has('owner', one.owner ?? 'nobody', one.owner === 'owner' ? 'me' : '') && (!query.has('number') || one.number.includes(query.get('number'))))
  const by_state = {}
  for (const one of found) by_state[one.state] = (by_state[one.state] ?? 0) + 1
  const items = found.filter((one) => ['unclosed', 'closed', null, one.state].includes(query.get('state')))
  return { items, next_cursor: null, by_state }
}

export function actOn(id, { do: what, owner, result, note = '' }) {
  const one = lines.find((each) => each.id === id)
  if (!one) return null
  const to = { take: ['taken', 'owner'], assign: ['taken', owner], release: ['open', null], called: ['called', one.owner ?? 'owner'], close: ['closed', one.owner ?? 'owner'], reopen: ['taken', 'owner'] }[what]
  Object.assign(one, { state: to[0], owner: to[1], owner_name: null, result: what === 'close' ? result : null, note: note || one.note, closed_at: what === 'close' ? ago(0) : null, closed_by: what === 'close' ? 'owner' : null })
  return { items: [one], next_cursor: null, by_state: {} }
}
