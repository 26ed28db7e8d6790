import { computed, onScopeDispose, ref, shallowRef, watch, type Ref } from 'vue'
import { PAGE, listCalls } from './api'
import type { CallQuery, CallRow, Result } from '@/shared/api/shapes'
import { ApiError } from '@/shared/api/client'
import { useLive } from '@/shared/live/store'

/** Newer rows before older ones, none twice; a row that is known already is taken anew. */
export function merge(shown: readonly CallRow[], fresh: readonly CallRow[]): CallRow[] {
  const byId = new Map(shown.map((row) => [row.id, row]))
  for (const row of fresh) byId.set(row.id, row)
  return [...byId.values()].sort((a, b) => Date.parse(b.started_at) - Date.parse(a.started_at) || b.id.localeCompare(a.id))
}

/** The box takes parts of numbers from this many digits. */
export const FEWEST_DIGITS = 3

/** The list of calls: pages by cursor, filters, and what is new while one looks. */
export function useCallList(number: Ref<string>, result: Ref<Result | ''>, mayMove: () => boolean) {
  const live = useLive()
  const rows = shallowRef<readonly CallRow[]>([])
  const waiting = shallowRef<readonly CallRow[]>([])
  const cursor = ref<string | null>(null)
  const state = ref<'loading' | 'ready' | 'failed'>('loading')
  const failure = shallowRef<ApiError | null>(null)
  const loadingMore = ref(false)
  let asking = new AbortController()

  const digits = computed(() => number.value.replace(/[^0-9+]/g, ''))
  const filtered = computed(() => digits.value.length >= FEWEST_DIGITS || result.value !== '')
  const query = (): CallQuery => ({
    limit: PAGE,
    ...(digits.value.length >= FEWEST_DIGITS ? { number: digits.value } : {}),
    ...(result.value === '' ? {} : { result: result.value }),
  })

  async function load(): Promise<void> {
    asking.abort()
    asking = new AbortController()
    const mine = asking
    state.value = 'loading'
    waiting.value = []
    try {
      const page = await listCalls(query(), mine.signal)
      rows.value = page.items
      cursor.value = page.next_cursor
      state.value = 'ready'
    } catch (error) {
      if (mine.signal.aborted) return
      failure.value = error instanceof ApiError ? error : null
      state.value = 'failed'
    }
  }

  async function more(): Promise<void> {
    if (cursor.value === null || loadingMore.value) return
    loadingMore.value = true
    try {
      const page = await listCalls({ ...query(), cursor: cursor.value }, asking.signal)
      rows.value = merge(rows.value, page.items)
      cursor.value = page.next_cursor
    } catch {
      // The button stays and can be pressed again; the line above says when the box is away.
    } finally {
      loadingMore.value = false
    }
  }

  /** Look for what is new; it waits above the list when moving rows would disturb. */
  async function refresh(): Promise<void> {
    if (state.value !== 'ready') return
    try {
      const page = await listCalls(query(), asking.signal)
      const known = new Set(rows.value.map((row) => row.id))
      const fresh = page.items.filter((row) => !known.has(row.id))
      const changed = page.items.filter((row) => known.has(row.id))
      if (mayMove() || fresh.length === 0) {
        rows.value = merge(rows.value, page.items)
        waiting.value = []
      } else {
        rows.value = merge(rows.value, changed)
        waiting.value = fresh
      }
    } catch {
      // The next change of the live picture asks again.
    }
  }

  function showFresh(): void {
    rows.value = merge(rows.value, waiting.value)
    waiting.value = []
  }

  // A call that comes or goes on the live line is filed a moment later: ask then, and once more for late parts.
  const present = computed(() => (live.snapshot?.calls ?? []).map((call) => `${call.id} ${call.state}`).join())
  let timers: ReturnType<typeof setTimeout>[] = []
  const stopTimers = (): void => {
    timers.forEach(clearTimeout)
    timers = []
  }
  watch(present, () => {
    stopTimers()
    timers = [300, 900, 3000].map((ms) => setTimeout(() => void refresh(), ms))
  })
  // What was filed while the line was down.
  watch(() => live.line, (line) => {
    if (line === 'live') void refresh()
  })

  let typing: ReturnType<typeof setTimeout> | undefined
  watch([digits, result], ([nowDigits, nowResult], [wasDigits, wasResult]) => {
    clearTimeout(typing)
    const effective = (text: string): string => (text.length >= FEWEST_DIGITS ? text : '')
    if (nowResult === wasResult && effective(nowDigits) === effective(wasDigits)) return
    typing = setTimeout(() => void load(), nowResult === wasResult ? 250 : 0)
  })
  void load()
  onScopeDispose(() => {
    asking.abort()
    stopTimers()
    clearTimeout(typing)
  })

  return { rows, waiting, cursor, state, failure, loadingMore, filtered, load, more, showFresh }
}
