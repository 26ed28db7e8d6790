/** The keys of the desk (look.md, "Keys on the agent's desk"). Never a bare letter; nothing while an input method composes. */

export type Deed = 'keys' | 'answer' | 'hangUp' | 'hold' | 'pad' | 'transfer' | 'mute' | 'join' | 'ready' | 'break' | 'wrapEnd' | 'note' | 'close'

export interface Pressed {
  readonly key: string
  readonly code: string
  readonly shiftKey: boolean
  readonly altKey: boolean
  readonly ctrlKey: boolean
  readonly metaKey: boolean
  readonly isComposing: boolean
  readonly keyCode: number
  readonly repeat: boolean
}

/** Each deed and how its key is printed. */
export const PRINTED: Readonly<Record<Deed, string>> = {
  keys: 'F1', answer: 'F2', hangUp: 'Shift F2', hold: 'F4', pad: 'F7', transfer: 'F8', mute: 'F9', join: 'F10',
  ready: 'Alt 1', break: 'Alt 2', wrapEnd: 'Alt 3', note: 'Alt M', close: 'Esc',
}

const PLAIN: Readonly<Record<string, Deed>> = { F1: 'keys', F2: 'answer', F4: 'hold', F7: 'pad', F8: 'transfer', F9: 'mute', F10: 'join', Escape: 'close' }
/** By place, not by letter: with Alt, keyboards write other letters. */
const WITH_ALT: Readonly<Record<string, Deed>> = { Digit1: 'ready', Digit2: 'break', Digit3: 'wrapEnd', KeyM: 'note' }

/** An input method that composes gets its keys first; 229 is what browsers send for them. */
export const composes = (event: Pressed): boolean => event.isComposing || event.keyCode === 229

export function deedOf(event: Pressed): Deed | null {
  if (composes(event) || event.repeat || event.ctrlKey || event.metaKey) return null
  if (event.altKey) return event.shiftKey ? null : (WITH_ALT[event.code] ?? null)
  if (event.shiftKey) return event.key === 'F2' ? 'hangUp' : null
  return PLAIN[event.key] ?? null
}

/** True where figures and letters are written, so that they aren't commands. */
export function writing(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || target.matches('input:not([type=radio], [type=checkbox], [type=range]), textarea, select'))
}
