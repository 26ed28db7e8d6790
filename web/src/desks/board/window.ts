import { computed, onBeforeUnmount, shallowRef, watch, type ComputedRef, type Ref } from 'vue'

/** Rows of one height that are drawn: those in view, and some before and after them. */
export interface Visible {
  readonly from: number
  readonly to: number
  /** Pixels of the rows not drawn above and below. */
  readonly above: number
  readonly below: number
}

const SPARE = 4

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

/**
 * Of tiles that lie in the page, `columns` beside each other as the style has it, those in the window and
 * some rows more. `reveal` scrolls to a tile that isn't drawn, so that it can be focussed afterwards.
 */
export function useTilesInView(grid: Readonly<Ref<HTMLElement | null>>, count: Ref<number>, row: number): { visible: ComputedRef<Visible>; reveal: (index: number) => void } {
  const view = shallowRef({ top: 0, height: 1000, columns: 1 })
  const look = (): void => {
    const element = grid.value
    if (element === null) return
    const columns = getComputedStyle(element).gridTemplateColumns.split(' ').length
    const from = element.getBoundingClientRect().top
    const top = Math.max(0, Math.floor(-from / row / 4) * row * 4)
    const height = Math.max(0, Math.ceil((innerHeight - Math.max(0, from)) / row / 4)) * row * 4
    if (top !== view.value.top || height !== view.value.height || columns !== view.value.columns) view.value = { top, height, columns }
  }
  const watcher = new ResizeObserver(look)
  addEventListener('scroll', look, { passive: true, capture: true })
  watch(grid, (element, before) => {
    if (before) watcher.unobserve(before)
    if (!element) return
    watcher.observe(element)
    look()
  }, { immediate: true })
  onBeforeUnmount(() => {
    watcher.disconnect()
    removeEventListener('scroll', look, { capture: true })
  })
  const visible = computed((old?: Visible) => {
    const { top, height, columns } = view.value
    const rows = visibleOf(Math.ceil(count.value / columns), row, top, height)
    const now = { ...rows, from: rows.from * columns, to: Math.min(count.value, rows.to * columns) }
    return old && old.from === now.from && old.to === now.to && old.below === now.below ? old : now
  })
  function reveal(index: number): void {
    const element = grid.value
    if (element === null || (index >= visible.value.from && index < visible.value.to)) return
    scrollTo({ top: scrollY + element.getBoundingClientRect().top + Math.floor(index / view.value.columns) * row - innerHeight / 2 })
    look()
  }
  return { visible, reveal }
}
