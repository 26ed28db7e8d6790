import { inject, onScopeDispose, provide, shallowRef, triggerRef, watch, type InjectionKey, type Ref, type ShallowRef } from 'vue'
import { clockNow } from './clock'

/**
 * Panels of a full page draw one after the other, each in a frame of its own: what a hundred agents
 * and their clocks change at once would hold the page for several frames, and a click with it.
 */
const GAP_MS = 17
const waiting = new Set<() => void>()
let next: ReturnType<typeof setTimeout> | undefined

/** The next panel draws when the frame before it is out and another one for the person's own acts could be. */
function pump(): void {
  next ??= setTimeout(() => {
    requestAnimationFrame(() => {
      const [first] = waiting
      if (first !== undefined) {
        waiting.delete(first)
        first()
      }
      // A task after this frame's drawing.
      setTimeout(() => {
        next = undefined
        if (waiting.size > 0) pump()
      })
    })
  }, GAP_MS)
}

/** What `source` gives, brought up to date in turn; at once for the first time. */
export function useTurn<T>(source: () => T): Readonly<ShallowRef<T>> {
  const shown = shallowRef(source()) as ShallowRef<T>
  let latest = shown.value
  const take = (): void => {
    shown.value = latest
    triggerRef(shown)
  }
  watch(source, (value) => {
    latest = value
    waiting.add(take)
    pump()
  }, { flush: 'sync' })
  onScopeDispose(() => { waiting.delete(take) })
  return shown
}

const CLOCK: InjectionKey<Readonly<Ref<number>>> = Symbol('clock')

/** Clocks below this component tick with `clock`. */
export const provideClock = (clock: Readonly<Ref<number>>): void => { provide(CLOCK, clock) }

/** The clock of the panel that this component stands in, else the page's. */
export const useClock = (): Readonly<Ref<number>> => inject(CLOCK, clockNow)
