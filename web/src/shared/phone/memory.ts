/** What a tab remembers over a reload: the call that it was in. Nothing is said to anybody before a page goes. */

export interface InCall {
  /** The call's id over all its legs. */
  readonly call: string
  readonly number: string
  /** Device ms at which the tab was last known to be in it. */
  readonly at: number
}

const KEY = 'linebox.phone.call'
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
