import { computed, onBeforeUnmount, shallowRef, watch, type ComputedRef, type Ref } from 'vue'

/** Rows of one height that are drawn: those in view, and some before and after them. */
export interface Visible {
  readonly from: number
  readonly to: number
  /** Pixels of the rows not drawn above and below. */
  readonly above: number
  readonly below: number
}

const SPARE = 8

/** The rows in view of a scroller `height` px high, scrolled by `top`. Pure. */
export function visibleOf(count: number, row: number, top: number, height: number): Visible {
  const from = Math.max(0, Math.min(count, Math.floor(top / row)) - SPARE)
  const to = Math.min(count, Math.ceil((top + height) / row) + SPARE)
  return { from, to, above: from * row, below: (count - to) * row }
}

/** Of a long list in its own scroller only what is in view; of one that lies in the page, all. */
export function useVisible(scroller: Readonly<Ref<HTMLElement | null>>, count: Ref<number>, row: number): ComputedRef<Visible> {
  const view = shallowRef({ top: 0, height: 1000 })
  const look = (): void => {
    const element = scroller.value
    if (element === null) return
    // Steps of a few rows: scrolling seldom draws.
    const top = Math.floor(element.scrollTop / row / 4) * row * 4
    const height = element.clientHeight + row * 4
    if (top !== view.value.top || height !== view.value.height) view.value = { top, height }
  }
  const watcher = new ResizeObserver(look)
  watch(scroller, (element, before) => {
    if (before) watcher.unobserve(before)
    before?.removeEventListener('scroll', look)
    if (!element) return
    watcher.observe(element)
    element.addEventListener('scroll', look, { passive: true })
    look()
  }, { immediate: true })
  onBeforeUnmount(() => { watcher.disconnect() })
  return computed((old?: Visible) => {
    const now = visibleOf(count.value, row, view.value.top, view.value.height)
    return old && old.from === now.from && old.to === now.to && old.below === now.below ? old : now
  })
}
