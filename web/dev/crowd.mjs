// A busy centre that only exists in memory: agents, groups, waiting callers, so many calls a second. Each
// tick tells what changed as webd does (`set` and `patch`). With a seed the same run comes again.
import { ago, newId } from './box.mjs'

const WORDS = ['供热', '供水', '缴费', '投诉', '大客户', '报修', '安装', '咨询', '回访', '外省']
const STATES = ['ready', 'talking', 'talking', 'talking', 'wrapup', 'paused', 'ringing']

function random(seed) {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

export class Crowd {
  constructor({ agents = 100, groups = 30, waiting = 60, seed = 7 } = {}) {
    this.rnd = random(seed)
    this.most = waiting
    this.groups = Array.from({ length: groups }, (_, n) => ({
      id: n + 1, name_zh: `${WORDS[n % 10]}${n < 10 ? '' : Math.floor(n / 10) + 1}组`, name_en: `Group ${n + 1}`, waiting: [],
      today: { offered: 100 + n, answered: 90 + n, abandoned: 4, in_20s: 75 + n, wait_total_s: 900, abandoned_15m: n % 4 },
      thresholds: { wait_s: 60, waiting: 5, level_percent: 80, abandoned_15m: 5, nobody_ready: true },
    }))
    this.agents = Array.from({ length: agents }, (_, n) => {
      const number = String(1001 + n)
      return { number, name: `坐席${n + 1}`, ext: `8${number.slice(1)}`, phone: `8${number.slice(1)}`, registered: true, state: 'ready', since: ago(this.rnd() * 600), until: null, groups: [(n % groups) + 1, ((n * 7) % groups) + 1].filter((id, at, all) => all.indexOf(id) === at), call: null, from: null, reason: null }
    })
    this.calls = []
    for (let n = 0; n < agents * 0.6; n++) this.answer(this.call(), this.agents[n])
    for (let n = 0; n < waiting; n++) this.wait(this.call())
    this.took = new Set()
  }

  picture() {
    return {
      asterisk: { up: true, since: ago(86400), start: 's00000012' }, generation: 182, groups: this.groups, agents: this.agents, calls: this.calls,
      trunks: [{ name: 'exchange', reachable: true, calls: this.calls.length, max_calls: 240 }], journal: { lag_s: 0.2, rejects: 0, alarms: [] },
      daemons: [], stale_since: null,
    }
  }

  pick(list) { return list[Math.floor(this.rnd() * list.length)] }
  agent(number, to) { this.agents = this.agents.map((one) => (one.number === number ? { ...one, ...to, since: to.state ? ago(0) : one.since } : one)) }
  group(id, to) { this.groups = this.groups.map((one) => (one.id === id ? { ...one, ...to(one) } : one)) }
  change(id, to) { this.calls = this.calls.map((one) => (one.id === id ? { ...one, ...to } : one)) }

  call() {
    const made = { id: newId(), from: `139${String(Math.floor(this.rnd() * 1e8)).padStart(8, '0')}`, did: '4008001234', since: ago(0), state: 'menu', state_since: ago(0), group: null, agent: null }
    this.calls = [...this.calls, made]
    return made
  }
  wait({ id, from }) {
    const group = this.pick(this.groups).id
    this.change(id, { state: 'waiting', state_since: ago(0), group })
    this.group(group, (one) => ({ waiting: [...one.waiting, { call: id, from, since: ago(this.rnd() * 50), position: one.waiting.length + 1 }], today: { ...one.today, offered: one.today.offered + 1 } }))
  }
  answer({ id, from, group }, { number }) {
    this.change(id, { state: 'talking', state_since: ago(0), agent: number })
    this.agent(number, { state: 'talking', call: id, from })
    if (group === null) return
    this.group(group, (one) => ({ waiting: one.waiting.filter((other) => other.call !== id).map((other, n) => ({ ...other, position: n + 1 })), today: { ...one.today, answered: one.today.answered + 1, in_20s: one.today.in_20s + (this.rnd() < 0.85 ? 1 : 0) } }))
  }
  finish({ id, agent }) {
    this.calls = this.calls.filter((one) => one.id !== id)
    if (agent !== null) this.agent(agent, { state: 'wrapup', call: null, from: null, until: ago(-10) })
  }

  /** What happens when one more call arrives: it waits, another is answered, one ends, someone wraps up or pauses. */
  step() {
    const waiting = this.calls.filter((one) => one.state === 'waiting')
    const fresh = this.calls.find((one) => one.state === 'menu')
    this.call()
    if (fresh) this.wait(fresh)
    const free = this.agents.find((one) => one.state === 'ready' || one.state === 'ringing')
    if (waiting.length >= this.most && waiting[0]) {
      if (free) this.answer(waiting[0], free)
      else this.finish(this.calls.find((one) => one.state === 'talking') ?? waiting[0])
      if (!free) this.group(waiting[0].group, (one) => ({ waiting: one.waiting.filter((other) => other.call !== waiting[0].id) }))
      if (!free) this.calls = this.calls.filter((one) => one.id !== waiting[0].id)
    }
    const talking = this.calls.filter((one) => one.state === 'talking')
    if (talking.length > this.agents.length * 0.6) this.finish(talking[0])
    const wrapping = this.agents.find((one) => one.state === 'wrapup')
    if (wrapping) this.agent(wrapping.number, { state: this.rnd() < 0.1 ? 'paused' : 'ready', until: null, reason: this.rnd() < 0.5 ? 'break' : 'meal' })
    const other = this.pick(this.agents)
    if (other.state === 'paused' || (other.state === 'ready' && this.rnd() < 0.2)) this.agent(other.number, { state: other.state === 'paused' ? 'ready' : this.pick(STATES.slice(4, 6)), until: ago(-10) })
  }
}

const KEYS = { groups: 'id', agents: 'number', calls: 'id', trunks: 'name' }

/** As firmware/linebox/desks/patch.py tells it. */
export function told(before, after) {
  const set = {}
  const patch = {}
  for (const [name, part] of Object.entries(after)) {
    if (JSON.stringify(before[name]) === JSON.stringify(part)) continue
    const key = KEYS[name]
    if (!key || part.length < 8) { set[name] = part; continue }
    const old = new Map(before[name].map((one) => [one[key], one]))
    const now = new Set(part.map((one) => one[key]))
    const put = part.filter((one) => JSON.stringify(old.get(one[key])) !== JSON.stringify(one))
    const drop = [...old.keys()].filter((one) => !now.has(one))
    if (2 * (put.length + drop.length) > part.length) set[name] = part
    else patch[name] = { put, drop }
  }
  return Object.keys(patch).length > 0 ? { set, patch } : { set }
}
