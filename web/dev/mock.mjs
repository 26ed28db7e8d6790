// A box to try the pages with, no backend: `node dev/mock.mjs [--port 8186] [--kind busy|quiet|crowd] [--still]`;
// `crowd`: 100 agents, 30 groups, 60 waiting, `--rate` calls a second (5).
// It serves dist/ with the product's content security policy, the API, the live line, and the
// exchange's `POST /calls`. The setup code is `let-me-in`. A test tool: nothing of it is built into dist.
import { rights } from './rights.mjs'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { extname, join, normalize } from 'node:path'
import { parseArgs } from 'node:util'
import { WebSocketServer } from 'ws'
import { Crowd, told } from './crowd.mjs'
import { actOn, followUps, peaks, search } from './calls.mjs'
import { ago, callDetail, callRow, newId, recording, snapshot } from './box.mjs'
import { logIn, people } from './people.mjs'
import { meddle, settings } from './settings.mjs'

const { values: flag } = parseArgs({ options: { port: { type: 'string', default: '8186' }, kind: { type: 'string', default: 'busy' }, still: { type: 'boolean', default: false }, rate: { type: 'string', default: '5' }, speed: { type: 'string', default: '1' }, dist: { type: 'string', default: new URL('../dist/', import.meta.url).pathname } } })
const CODE = 'let-me-in'
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self' blob:; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' }
const { dist } = flag

const epoch = `mock-${Date.now()}`
const crowd = flag.kind === 'crowd' ? new Crowd() : null
const picture = crowd ? crowd.picture() : snapshot(flag.kind)
const rows = flag.kind === 'quiet' ? [] : Array.from({ length: 137 }, (_, n) => callRow(n))
let seq = 1
let tries = 5
let lockedUntil = 0
const log = []
const lines = new Set()
const sessions = new Map()

function send(parts) {
  const said = crowd ? told(picture, parts) : { set: parts }
  Object.assign(picture, parts)
  const message = JSON.stringify({ epoch, seq: ++seq, at: ago(0), ...said })
  log.push({ seq, message })
  if (log.length > 500) log.shift()
  for (const line of lines) line.send(message)
}

const changed = (list, match, to) => list.map((one) => (match(one) ? { ...one, ...to(one) } : one))
const later = (ms, act) => setTimeout(act, ms).unref()

/** A call that goes the way of issue 2: menu, queue, ringing, talk, rating, into the list. */
function placeCall({ from = '13900001111', to = '4008001234', talk_s = 3, rating = 5 }) {
  const id = newId()
  const started_at = ago(0)
  const step = (state, more = {}) => send({ calls: changed(picture.calls, (one) => one.id === id, () => ({ state, state_since: ago(0), ...more })) })
  send({ calls: [...picture.calls, { id, from, did: to, since: ago(0), state: 'menu', state_since: ago(0), group: null, agent: null }] })
  const queue = (waiting) => ({ groups: changed(picture.groups, (one) => one.id === 1, (one) => ({ waiting: waiting(one.waiting) })) })
  later(600, () => { step('waiting', { group: 1 }); send(queue((all) => [...all, { call: id, from, since: ago(0), position: all.length + 1 }])) })
  later(1200, () => step('ringing', { agent: '1023' }))
  later(1800, () => { step('talking'); send(queue((all) => all.filter((one) => one.call !== id))) })
  later(1800 + talk_s * 1000, () => step('rating'))
  later(2200 + talk_s * 1000, () => {
    send({ calls: picture.calls.filter((one) => one.id !== id) })
    rows.unshift({ ...callRow(0, { result: 'answered', started_at }), id, from_number: from, did: to, talk_s, rating, wait_s: 1.2 })
  })
  return { id }
}

function move() {
  const waiting = picture.groups.flatMap((one) => one.waiting)
  if (seq % 3 === 0 && waiting.length < 9) placeCall({ from: `138${String(Math.floor(Math.random() * 1e8)).padStart(8, '0')}`, talk_s: 20 })
  const agents = changed(picture.agents, (one) => one.number === '1018' || one.number === '1002', (one) => ({ state: one.state === 'ready' ? 'wrapup' : 'ready', since: ago(0) }))
  send({ agents })
}

const session = (who) => ({ logged_in: !!who, user: who?.login ?? null, name: who?.name ?? '', role: who?.role ?? null, role_zh: null, role_en: null, rights: who ? rights[who.role] : [], must_enrol: false, agent: who?.agent ?? null, id: who ? 'a' : null, expires_at: who ? ago(-28800) : null, set_up: true, tries_left: tries, locked_s: Math.max(0, Math.ceil((lockedUntil - Date.now()) / 1000)) })
const error = (code, zh, en) => ({ code, fields: {}, zh, en })

/** An act on an agent: refused for who is out, else seen on the live line a moment later. */
function act(number, { do: deed, reason = null, group }) {
  const agent = picture.agents.find((one) => one.number === number)
  if (!agent || agent.state === 'out' || number === '1020') return [409, error('phone-not-registered', `${number} 的话机不在线，请先接好话机。`, `The phone of ${number} is away; connect it first.`)]
  const to = {
    ready: { state: 'ready', reason: null, since: ago(0) }, 'wrapup-end': { state: 'ready', until: null, since: ago(0) }, pause: { state: 'paused', reason, since: ago(0) },
    logout: { state: 'out', groups: [], since: ago(0) }, join: { groups: [...new Set([...agent.groups, group])].sort() }, leave: { groups: agent.groups.filter((one) => one !== group) },
  }[deed]
  later(400, () => send({ agents: changed(picture.agents, (one) => one.number === number, () => to) }))
  return [200, { done: true }]
}

async function body(request) {
  const parts = []
  for await (const part of request) parts.push(part)
  return JSON.parse(Buffer.concat(parts).toString() || '{}')
}

/** [status, answer, headers?] of an API request. */
async function api(request, url, token) {
  const path = url.pathname
  if (path === '/api/session' && request.method === 'POST') {
    const entry = await body(request)
    if (Date.now() < lockedUntil) return [429, { ...error('locked', '试得太多了。', 'Too many tries.'), fields: { wait_s: 30 } }]
    if (entry.password !== CODE) {
      if (--tries === 0) { lockedUntil = Date.now() + 30_000; tries = 5 }
      return [401, { ...error('wrong-password', '密码不对。', 'Wrong password.'), fields: { tries_left: tries } }]
    }
    const who = logIn(entry)
    if (Array.isArray(who)) return who
    const made = newId()
    sessions.set(made, who)
    tries = 5
    return [200, session(who), { 'Set-Cookie': `linebox=${made}; Path=/; HttpOnly; SameSite=Strict` }]
  }
  if (path === '/api/session' && request.method === 'DELETE') { sessions.delete(token); return [200, session(null)] }
  if (path === '/api/session') return [200, session(sessions.get(token))]
  if (path === '/api/wall/session') return [200, { open: true, company: { name_zh: '云河公用热线 400 800 1234', name_en: 'Yunhe Public Hotline', time_zone: 'Asia/Shanghai' } }]
  if (path === '/api/wall/live') return [200, { ...picture, epoch, seq, at: ago(0) }]
  if (!sessions.has(token)) return [401, error('not-logged-in', '请先登录。', 'Log in first.')]
  if (/^\/api\/(account|session|roles)/.test(path)) {
    const said = people(sessions.get(token), request.method, path, url.searchParams, ['POST', 'PUT'].includes(request.method) ? await body(request) : null)
    if (said) return said
  }
  if (/^\/api\/(settings|generations|company|groups|agents|extensions|calendars|prompts|menus|dids|trunks|spans|ports|limits|recording-rules|music|readings|sound-defaults|number-lists)/.test(path) && !path.endsWith('/state')) {
    const said = settings(sessions.get(token), request.method, path, url.searchParams, request.method === 'POST' ? await body(request) : null, send)
    if (said) return said
  }
  const acting = /^\/api\/agents\/(\d+)\/state$/.exec(path)
  if (acting) return act(acting[1], await body(request))
  if (path === '/api/alerts/thresholds') return [200, { items: picture.groups.map((one) => ({ group: one.id, ...one.thresholds, etag: 'x' })) }]
  const limits = /^\/api\/alerts\/thresholds\/(\d+)$/.exec(path)
  if (limits) {
    const thresholds = await body(request)
    send({ groups: changed(picture.groups, (one) => one.id === Number(limits[1]), () => ({ thresholds })) })
    return [200, { group: Number(limits[1]), ...thresholds, etag: 'y' }]
  }
  if (path === '/api/walls') return [201, { token: 'mock' }]
  if (path === '/api/live') return [200, { ...picture, epoch, seq, at: ago(0) }]
  if (path === '/api/calls' || path === '/api/me/calls') return [200, search(rows, url.searchParams)]
  if (path === '/api/follow-ups' || path === '/api/me/follow-ups') return [200, followUps(url.searchParams)]
  if (path === '/api/follow-ups/check') return [200, { day: '2026-11-22', offered: 41, answered: 33, followed: 8, closed: 1, still_open: 7, difference: 0, wrong: [] }]
  if (path === '/api/follow-ups/owners') return [200, { items: picture.agents.slice(0, 6).map(({ number, name }) => ({ login: number, name })) }]
  if (/^\/api\/follow-ups\/\d+\/log$/.test(path)) return [200, { items: [{ at: ago(700), made_by: '1017', name: '徐浩然', what: 'called', detail: '' }, { at: ago(1500), made_by: 'owner', name: null, what: 'assign', detail: '1017' }] }]
  const followed = /^\/api\/follow-ups\/(\d+)$/.exec(path)
  if (followed) return [200, actOn(Number(followed[1]), await body(request))]
  const [, id, sound] = /^\/api\/calls\/([^/]+)(\/recording|\/peaks|\/voicemail|\/access)?$/.exec(path) ?? []
  if (sound === '/voicemail') return [200, recording(14)]
  const row = rows.find((one) => one.id === decodeURIComponent(id ?? ''))
  if (!row) return [404, error('not-found', '没有。', 'There is none.')]
  if (sound === '/peaks') return [200, peaks(row.talk_s ?? 1)]
  if (sound === '/access') return [200, { items: [{ at: ago(600), made_by: '1000', name: '周文博', from_address: '10.0.0.4', download: true, voicemail: false }, { at: ago(900), made_by: 'owner', name: null, from_address: '10.0.0.2', download: false, voicemail: false }] }]
  return sound ? [200, recording(row.talk_s ?? 1)] : [200, callDetail(row)]
}

function answerSound(request, response, sound) {
  const [, from = '0', to = ''] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? []
  const last = to === '' ? sound.length - 1 : Math.min(Number(to), sound.length - 1)
  const part = sound.subarray(Number(from), last + 1)
  const headers = { 'Content-Type': 'audio/wav', 'Accept-Ranges': 'bytes', 'Content-Length': part.length }
  if (request.headers.range) headers['Content-Range'] = `bytes ${from}-${last}/${sound.length}`
  response.writeHead(request.headers.range ? 206 : 200, headers).end(part)
}

async function answer(request, response) {
  const url = new URL(request.url ?? '/', 'http://mock')
  const token = /linebox=([^;]+)/.exec(request.headers.cookie ?? '')?.[1] ?? ''
  if (url.pathname === '/calls' && request.method === 'POST') return response.end(JSON.stringify(placeCall(await body(request))))
  if (url.pathname === '/mock/cut') { for (const line of lines) line.terminate(); return response.end('cut') }
  if (url.pathname === '/mock/meddle') { send({ generation: meddle() }); return response.end('meddled') }
  if (url.pathname === '/mock/set') { send(await body(request)); return response.end('set') }
  if (url.pathname.startsWith('/api/')) {
    const [status, said, headers = {}] = await api(request, url, token)
    if (Buffer.isBuffer(said)) return answerSound(request, response, said)
    return response.writeHead(status, { 'Content-Type': 'application/json', ...headers }).end(status === 204 ? '' : JSON.stringify(said))
  }
  const wanted = normalize(url.pathname)
  const page = async () => ['index.html', await readFile(join(dist, 'index.html'))]
  const [name, file] = extname(wanted) in TYPES ? [wanted, await readFile(join(dist, wanted))] : await page()
  response.writeHead(200, { 'Content-Type': TYPES[extname(name)], 'Content-Security-Policy': POLICY }).end(file)
}

const server = createServer((request, response) => {
  answer(request, response).catch(() => response.writeHead(404).end())
})
const sockets = new WebSocketServer({ noServer: true })
server.on('upgrade', (request, socket, head) => {
  const url = new URL(request.url ?? '/', 'http://mock')
  if (url.pathname !== '/api/wall/live/ws' && !sessions.has(/linebox=([^;]+)/.exec(request.headers.cookie ?? '')?.[1] ?? '')) return socket.end('HTTP/1.1 401 Unauthorized\r\n\r\n')
  sockets.handleUpgrade(request, socket, head, (line) => {
    const after = Number(url.searchParams.get('after') ?? -1)
    const missed = url.searchParams.get('epoch') === epoch ? log.filter((one) => one.seq > after) : null
    if (missed === null || after + missed.length !== seq) line.send(JSON.stringify({ epoch, seq, at: ago(0), snapshot: { ...picture, epoch, seq, at: ago(0) } }))
    else for (const { message } of missed) line.send(message)
    lines.add(line)
    line.on('close', () => lines.delete(line))
  })
})
setInterval(() => send({}), 5000).unref()
if (crowd) {
  // What came within 200 ms is one message: twice as often as calld tells. `--speed 60`: an hour's messages in a minute.
  const speed = Number(flag.speed)
  setInterval(() => { crowd.step() }, 1000 / Number(flag.rate) / speed).unref()
  setInterval(() => {
    const { groups, agents, calls, trunks } = crowd.picture()
    send({ groups, agents, calls, trunks })
  }, 200 / speed).unref()
} else if (!flag.still) setInterval(move, 1500).unref()
server.listen(Number(flag.port), '127.0.0.1', () => console.log(`http://127.0.0.1:${flag.port}  code ${CODE}`))
