/** The browser phone as the pages see it: its line, its calls, and what happens to them. */

/** What the box gives a log-in to register with; never shown. */
export interface Credentials {
  readonly user: string
  readonly password: string
  readonly realm: string
  readonly until: string | null
}

/**
 * The line to the telephone engine.
 * `off` not started · `starting` first try under way · `registered` calls come in · `lost` was there, comes back by itself ·
 * `unreached` never came up · `refused` the engine refuses the password · `elsewhere` another tab has the phone ·
 * `busy` another tab has it and is in a call · `replaced` somebody logged in as this agent somewhere else.
 */
export type LineState = 'off' | 'starting' | 'registered' | 'lost' | 'unreached' | 'refused' | 'elsewhere' | 'busy' | 'replaced'

/** What the engine says of a call in `X-LB-*` headers (docs/names.md, "Browser phone"). */
export interface About {
  /** The call's id over all its legs; empty when no header says it. */
  readonly call: string
  readonly group: number | null
  readonly from: string
  readonly vip: number
  readonly keys: readonly { readonly menu: number; readonly key: string }[]
  readonly kind: 'queue' | 'again' | 'internal' | 'transfer' | ''
}

/** Why the phone placed a call: to talk, to ask a colleague before a transfer, to hear oneself, or to dial a code for a button. */
export type Purpose = 'talk' | 'consult' | 'echo' | 'code'
export type Stage = 'ringing' | 'answering' | 'dialling' | 'talking'
export type TransferStage = 'asked' | 'failed'

export interface PhoneCall {
  readonly id: string
  readonly way: 'in' | 'out'
  readonly purpose: Purpose
  readonly stage: Stage
  /** Who is at the other end: a number for a machine, a name if the engine told one. */
  readonly number: string
  readonly name: string
  readonly about: About
  /** Device ms at which it began, and at which its stage did. */
  readonly began: number
  readonly since: number
  readonly held: boolean
  /** Voices go both ways. A caller from a queue is told the staff number first, and so long nothing does. */
  readonly through: boolean
  /** The other side rings (a call placed here). */
  readonly rings: boolean
  readonly transfer: { readonly to: string; readonly stage: TransferStage; readonly code: number } | null
}

export type EndCause = 'normal' | 'busy' | 'no-answer' | 'unknown-number' | 'refused' | 'media' | 'network' | 'superseded' | 'transferred' | 'elsewhere' | 'failed'

export interface EndedCall extends PhoneCall {
  readonly ended: number
  readonly cause: EndCause
  readonly by: 'us' | 'them'
}

export interface PhoneState {
  readonly line: LineState
  readonly lineSince: number
  readonly calls: readonly PhoneCall[]
  /** The call whose voice the agent hears and speaks to; null when none is open. */
  readonly open: string | null
  /** Two calls share one talk. */
  readonly joined: boolean
  readonly muted: boolean
  /** The last call for talking that ended here. */
  readonly last: EndedCall | null
  /** The last consultation that ended. */
  readonly lastConsult: EndedCall | null
  /** Ids that have ended: nothing wakes them. */
  readonly past: readonly string[]
}

export type PhoneEvent =
  | { readonly type: 'line'; readonly line: LineState; readonly at: number }
  | { readonly type: 'ring'; readonly id: string; readonly number: string; readonly name: string; readonly about: About; readonly at: number }
  | { readonly type: 'dial'; readonly id: string; readonly number: string; readonly purpose: Purpose; readonly at: number }
  | { readonly type: 'rings'; readonly id: string }
  | { readonly type: 'answering'; readonly id: string; readonly at: number }
  | { readonly type: 'talk'; readonly id: string; readonly at: number }
  | { readonly type: 'through'; readonly id: string }
  | { readonly type: 'hold'; readonly id: string; readonly held: boolean }
  | { readonly type: 'mute'; readonly muted: boolean }
  | { readonly type: 'join'; readonly joined: boolean }
  | { readonly type: 'transfer'; readonly id: string; readonly to: string; readonly stage: TransferStage; readonly code: number }
  | { readonly type: 'end'; readonly id: string; readonly cause: EndCause; readonly by: 'us' | 'them'; readonly at: number }

export const NOTHING: About = { call: '', group: null, from: '', vip: 0, keys: [], kind: '' }

export const idle = (at: number): PhoneState => ({ line: 'off', lineSince: at, calls: [], open: null, joined: false, muted: false, last: null, lastConsult: null, past: [] })
