import { computed, inject, onScopeDispose, provide, shallowRef, triggerRef, watch, type ComputedRef, type InjectionKey, type Ref, type ShallowRef } from 'vue'
import { clockNow } from './clock'

/**
 * Panels of a full page draw one after the other, each in a frame of its own: what a hundred agents
 * and their clocks change at once would hold the page for several frames, and a click with it.
 */
const GAP_MS = 17
const waiting = new Set<Turn>()
let next: ReturnType<typeof setTimeout> | undefined

interface Turn {
  take: () => void
  /** So small that all of these share a frame. */
  light: boolean
}

/** The next panel draws when the frame before it is out and another one for the person's own acts could be. */
function pump(): void {
  next ??= setTimeout(() => {
    requestAnimationFrame(() => {
      const [first] = waiting
      for (const turn of [...waiting].filter((one) => one === first || (one.light && first?.light))) {
        waiting.delete(turn)
        turn.take()
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
export function useTurn<T>(source: () => T, { light = false } = {}): Readonly<ShallowRef<T>> {
  const shown = shallowRef(source()) as ShallowRef<T>
  let latest = shown.value
  const turn: Turn = {
    light,
    take: () => {
      shown.value = latest
      triggerRef(shown)
    },
  }
  watch(source, (value) => {
    latest = value
    waiting.add(turn)
    pump()
  }, { flush: 'sync' })
  onScopeDispose(() => { waiting.delete(turn) })
  return shown
}

/**
 * What `sorted` gives, its values fresh, its order brought up to date in a turn of its own: things that change
 * their places cost as much as what they say. What is new comes last until then.
 */
export function useOrderInTurn<T>(sorted: () => readonly T[], keyOf: (one: T) => string | number): ComputedRef<readonly T[]> {
  const places = useTurn(() => new Map(sorted().map((one, place) => [keyOf(one), place])))
  const placeOf = (one: T): number => places.value.get(keyOf(one)) ?? Number.MAX_SAFE_INTEGER
  return computed(() => [...sorted()].sort((a, b) => placeOf(a) - placeOf(b)))
}

const CLOCK: InjectionKey<Readonly<Ref<number>>> = Symbol('clock')

/** Clocks below this component tick with `clock`. */
export const provideClock = (clock: Readonly<Ref<number>>): void => { provide(CLOCK, clock) }

/** The clock of the panel that this component stands in, else the page's. */
export const useClock = (): Readonly<Ref<number>> => inject(CLOCK, clockNow)
