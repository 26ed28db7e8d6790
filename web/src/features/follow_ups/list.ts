import { computed, onScopeDispose, ref, shallowRef, watch, type Ref } from 'vue'
import { act, listFollowUps } from './api'
import type { Kind, State } from './looks'
import { ApiError, NoAnswer } from '@/shared/api/client'
import type { FollowUp, FollowUpAct, FollowUpQuery } from '@/shared/api/shapes'
import { language, say } from '@/shared/i18n'
import { useLive } from '@/shared/live/store'
import type { Role } from '@/shared/roles'

export interface Filters {
  state: State | 'unclosed'
  kind: Kind | ''
  /** A log-in, `me`, or `nobody`. */
  owner: string
  group: string
  number: string
}

const FEWEST_DIGITS = 3
const PAGE = 100
const AGAIN_MS = 15_000

export function queryOf(filters: Filters): FollowUpQuery {
  const digits = filters.number.replace(/\D/g, '')
  return {
    state: filters.state,
    limit: PAGE,
    ...(filters.kind === '' ? {} : { kind: filters.kind }),
    ...(filters.owner === '' ? {} : { owner: filters.owner }),
    ...(filters.group === '' ? {} : { group: Number(filters.group) }),
    ...(digits.length < FEWEST_DIGITS ? {} : { number: digits }),
  }
}

/** The list of callers to call back: kept fresh, never moved under the pointer. */
export function useFollowUps(role: Role | null, filters: Ref<Filters>, mayMove: () => boolean) {
  const live = useLive()
  const items = shallowRef<readonly FollowUp[]>([])
  const byState = shallowRef<Readonly<Record<string, number>>>({})
  const cursor = ref<string | null>(null)
  const state = ref<'loading' | 'ready' | 'failed'>('loading')
  const why = ref('')
  /** What went wrong with the last act. */
  const refused = ref('')
  const busy = ref<number | null>(null)
  let asking = new AbortController()

  const reason = (error: unknown): string => (error instanceof ApiError ? error.text(language.value) : say('failed.body'))
  const asked = computed(() => JSON.stringify(queryOf(filters.value)))

  async function load(more = false): Promise<void> {
    asking.abort()
    asking = new AbortController()
    const mine = asking
    try {
      const page = await listFollowUps(role, { ...queryOf(filters.value), ...(more && cursor.value !== null ? { cursor: cursor.value } : {}) }, mine.signal)
      items.value = more ? [...items.value, ...page.items.filter((one) => !items.value.some((known) => known.id === one.id))] : page.items
      byState.value = page.by_state
      cursor.value = page.next_cursor
      state.value = 'ready'
    } catch (error) {
      if (mine.signal.aborted) return
      why.value = reason(error)
      if (items.value.length === 0 || error instanceof ApiError) state.value = 'failed'
    }
  }

  /** Act on a line; false when the box refused, and `refused` says why. */
  async function doIt(line: FollowUp, what: FollowUpAct): Promise<boolean> {
    busy.value = line.id
    refused.value = ''
    try {
      const [now] = (await act(line.id, what)).items
      if (now) items.value = items.value.map((one) => (one.id === line.id ? now : one))
      return true
    } catch (error) {
      if (!(error instanceof ApiError) && !(error instanceof NoAnswer)) throw error
      refused.value = reason(error)
      return false
    } finally {
      busy.value = null
      setTimeout(() => void load(), 600)
    }
  }

  let typing: ReturnType<typeof setTimeout> | undefined
  watch(asked, () => {
    clearTimeout(typing)
    typing = setTimeout(() => {
      state.value = 'loading'
      items.value = []
      void load()
    }, 200)
  })
  const refresh = (): void => {
    if (state.value === 'ready' && mayMove() && items.value.length <= PAGE) void load()
  }
  // A call that ends on the live line may be lost: it is filed a moment later.
  const present = computed(() => (live.snapshot?.calls ?? []).map((call) => call.id).join())
  watch(present, () => setTimeout(refresh, 900))
  const timer = setInterval(refresh, AGAIN_MS)
  void load()
  onScopeDispose(() => {
    asking.abort()
    clearTimeout(typing)
    clearInterval(timer)
  })
  return { items, byState, cursor, state, why, refused, busy, load, doIt }
}
