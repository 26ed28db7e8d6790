import { NOTHING, type EndCause, type EndedCall, type LineState, type PhoneCall, type PhoneEvent, type PhoneState } from './model'

const KEPT_IDS = 50

/** Lines on which this tab has no phone: whatever was there has ended for it. */
const GONE: readonly LineState[] = ['off', 'elsewhere', 'busy', 'replaced', 'refused']

const forTalking = (call: PhoneCall): boolean => call.purpose === 'talk' || call.purpose === 'consult'
const canBeOpen = (call: PhoneCall | undefined): boolean => call !== undefined && call.stage === 'talking' && !call.held

function change(state: PhoneState, id: string, to: (call: PhoneCall) => PhoneCall): PhoneState {
  const calls = state.calls.map((call) => (call.id === id ? to(call) : call))
  return settle({ ...state, calls })
}

/** Who is heard, and whether two talk as one, follow from the calls. */
function settle(state: PhoneState): PhoneState {
  const talking = state.calls.filter((call) => call.stage === 'talking' && call.purpose !== 'code')
  const joined = state.joined && talking.filter((call) => !call.held).length >= 2
  const stays = canBeOpen(talking.find((call) => call.id === state.open))
  const open = stays ? state.open : (talking.findLast((call) => canBeOpen(call))?.id ?? null)
  const muted = state.muted && talking.length > 0
  return { ...state, joined, open, muted }
}

function end(state: PhoneState, call: PhoneCall, cause: EndCause, by: 'us' | 'them', at: number): PhoneState {
  const gone: EndedCall = { ...call, ended: Math.max(at, call.since), cause, by }
  return settle({
    ...state,
    calls: state.calls.filter((one) => one.id !== call.id),
    last: call.purpose === 'talk' ? gone : state.last,
    lastConsult: call.purpose === 'consult' ? gone : state.lastConsult,
    past: [...state.past, call.id].slice(-KEPT_IDS),
  })
}

const endAll = (state: PhoneState, which: (call: PhoneCall) => boolean, cause: EndCause, at: number): PhoneState =>
  state.calls.filter(which).reduce((next, call) => end(next, call, cause, 'us', at), state)

function begin(state: PhoneState, call: PhoneCall): PhoneState {
  if (state.past.includes(call.id) || state.calls.some((one) => one.id === call.id)) return state
  // The caller comes back under a new leg: the old one is dead, whether or not anybody has told.
  const ghosts = (one: PhoneCall): boolean => call.way === 'in' && one.way === 'in' && call.about.call !== '' && one.about.call === call.about.call
  const cleared = endAll(state, ghosts, 'superseded', call.began)
  return settle({ ...cleared, calls: [...cleared.calls, call] })
}

/**
 * What an event makes of the phone. Any order is taken: what speaks of an unknown or ended call changes nothing,
 * and what can no longer be true (ringing on a lost line) ends.
 */
export function reduce(state: PhoneState, event: PhoneEvent): PhoneState {
  switch (event.type) {
    case 'line': {
      if (event.line === state.line) return state
      const moved = { ...state, line: event.line, lineSince: event.at }
      if (GONE.includes(event.line)) return endAll(moved, () => true, event.line === 'refused' ? 'network' : 'elsewhere', event.at)
      // Voices go on without the line; what isn't answered yet can't be any more.
      if (event.line === 'lost' || event.line === 'unreached') return endAll(moved, (call) => call.stage !== 'talking', 'network', event.at)
      return moved
    }
    case 'ring':
    case 'dial': {
      const { id, number, at } = event
      const common = { id, number, began: at, since: at, held: false, through: false, rings: false, transfer: null }
      if (event.type === 'ring') return begin(state, { ...common, way: 'in', purpose: 'talk', stage: 'ringing', name: event.name, about: event.about })
      return begin(state, { ...common, way: 'out', purpose: event.purpose, stage: 'dialling', name: '', about: NOTHING })
    }
    case 'rings':
      return change(state, event.id, (call) => (call.stage === 'dialling' ? { ...call, rings: true } : call))
    case 'answering':
      return change(state, event.id, (call) => (call.stage === 'ringing' ? { ...call, stage: 'answering', since: Math.max(event.at, call.since) } : call))
    case 'talk': {
      const call = state.calls.find((one) => one.id === event.id)
      if (call === undefined || call.stage === 'talking') return state
      const next = change(state, event.id, (one) => ({ ...one, stage: 'talking', since: Math.max(event.at, one.since) }))
      return call.purpose === 'code' ? next : { ...next, open: event.id }
    }
    case 'through':
      return change(state, event.id, (call) => (call.through ? call : { ...call, through: true }))
    case 'hold': {
      const next = change(state, event.id, (call) => (call.stage === 'talking' ? { ...call, held: event.held } : call))
      const call = next.calls.find((one) => one.id === event.id)
      return !event.held && canBeOpen(call) && call?.purpose !== 'code' ? { ...next, open: event.id } : next
    }
    case 'mute':
      return settle({ ...state, muted: event.muted })
    case 'join':
      return settle({ ...state, joined: event.joined })
    case 'transfer':
      return change(state, event.id, (call) => ({ ...call, transfer: { to: event.to, stage: event.stage, code: event.code } }))
    case 'end': {
      const call = state.calls.find((one) => one.id === event.id)
      return call === undefined ? state : end(state, call, event.cause, event.by, event.at)
    }
  }
}

/** The calls for talking, in the order in which they began. */
export const talks = (state: PhoneState): readonly PhoneCall[] => state.calls.filter(forTalking)

/** The call that rings here and waits to be answered: the one that rings longest. */
export const ringing = (state: PhoneState): PhoneCall | null => state.calls.find((call) => call.way === 'in' && call.stage === 'ringing') ?? null

/** The caller that this is all about: the oldest call for talking that isn't a consultation. */
export const mainCall = (state: PhoneState): PhoneCall | null => state.calls.find((call) => call.purpose === 'talk') ?? null

export const consultation = (state: PhoneState): PhoneCall | null => state.calls.find((call) => call.purpose === 'consult') ?? null
