/** What a tab remembers over a reload: its phone, and the call that it was in. Nothing is said to anybody before a page goes. */
import type { Credentials } from './model'

export interface InCall {
  /** The call's id over all its legs. */
  readonly call: string
  readonly number: string
  /** Device ms at which the tab was last known to be in it. */
  readonly at: number
}

const KEY = 'linebox.phone.call'
const PHONE = 'linebox.phone.login'
/** A caller whose agent is lost waits for the same agent this long before others are asked (routing); with room for a slow load. */
export const BACK_MS = 60_000

export const rememberCall = (mark: InCall): void => { sessionStorage.setItem(KEY, JSON.stringify(mark)) }
export const forgetCall = (): void => { sessionStorage.removeItem(KEY) }

export function rememberedCall(now: number): InCall | null {
  try {
    const mark = JSON.parse(sessionStorage.getItem(KEY) ?? 'null') as InCall | null
    return mark !== null && now - mark.at >= 0 && now - mark.at < BACK_MS ? mark : null
  } catch {
    return null
  }
}

/** What this tab registered with as `agent`, so that a reload needs nobody's leave; null when there is none that holds. */
export function rememberedPhone(agent: string, now: number): Credentials | null {
  try {
    const kept = JSON.parse(sessionStorage.getItem(PHONE) ?? 'null') as Credentials | null
    return kept !== null && kept.user === `w${agent}` && (kept.until === null || Date.parse(kept.until) > now) ? kept : null
  } catch {
    return null
  }
}

export const rememberPhone = (credentials: Credentials): void => { sessionStorage.setItem(PHONE, JSON.stringify(credentials)) }
export const forgetPhone = (): void => { sessionStorage.removeItem(PHONE) }
