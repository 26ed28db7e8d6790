import { computed, onScopeDispose, ref, shallowRef, watch, type Ref } from 'vue'
import { PAGE, listCalls } from './api'
import { toQuery, type Filters } from './filters'
import type { CallCounts, CallQuery, CallRow } from '@/shared/api/shapes'
import { ApiError } from '@/shared/api/client'
import { useLive } from '@/shared/live/store'

/** Newer rows before older ones, none twice; a row that is known already is taken anew. */
export function merge(shown: readonly CallRow[], fresh: readonly CallRow[]): CallRow[] {
  const byId = new Map(shown.map((row) => [row.id, row]))
  for (const row of fresh) byId.set(row.id, row)
  return [...byId.values()].sort((a, b) => Date.parse(b.started_at) - Date.parse(a.started_at) || b.id.localeCompare(a.id))
}

/** The list of calls: pages by cursor, filters, counts, and what is new while one looks. */
export function useCallList(filters: Ref<Filters>, mayMove: () => boolean) {
  const live = useLive()
  const rows = shallowRef<readonly CallRow[]>([])
  const waiting = shallowRef<readonly CallRow[]>([])
  const cursor = ref<string | null>(null)
  const counts = shallowRef<CallCounts | null>(null)
  const state = ref<'loading' | 'ready' | 'failed'>('loading')
  const failure = shallowRef<ApiError | null>(null)
  const loadingMore = ref(false)
  let asking = new AbortController()

  /** What is asked, as text: the same question isn't asked again while somebody types. */
  const asked = computed(() => JSON.stringify(toQuery(filters.value, Date.now())))
  const filtered = computed(() => asked.value !== '{}')
  const query = (): CallQuery => ({ limit: PAGE, ...toQuery(filters.value, Date.now()) })

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
      counts.value = page.counts
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
      counts.value = page.counts
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
  watch(asked, () => {
    clearTimeout(typing)
    typing = setTimeout(() => void load(), 200)
  })
  void load()
  onScopeDispose(() => {
    asking.abort()
    stopTimers()
    clearTimeout(typing)
  })

  return { rows, waiting, cursor, counts, state, failure, loadingMore, filtered, load, more, showFresh }
}
