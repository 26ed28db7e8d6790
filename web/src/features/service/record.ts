import { computed, onScopeDispose, ref, shallowRef, watch, type Ref } from 'vue'
import { getRecord, putRecord, type Outcome, type Kept, type RecordInput } from './api'
import { ApiError } from '@/shared/api/client'

/** Typing rests this long before it is saved. */
const REST_MS = 700
/** What couldn't be saved is tried again after this. */
const AGAIN_MS = 5000

export interface Content {
  category: number | null
  outcome: Outcome | null
  note: string
}
const nothing = (): Content => ({ category: null, outcome: null, note: '' })
const contentOf = ({ category, outcome, note }: Kept): Content => ({ category, outcome, note })
const same = (a: Content, b: Content): boolean => a.category === b.category && a.outcome === b.outcome && a.note === b.note

/**
 * The record of a call, saved by itself while it is written; the last writer wins and is told over whom.
 * What was written stays on the page when the box is away, and follows once it answers.
 */
export function useRecord(call: Ref<string | null>) {
  const content = ref<Content>(nothing())
  const record = shallowRef<Kept | null>(null)
  const overwrote = shallowRef<Kept['overwrote']>(null)
  const state = ref<'none' | 'loading' | 'ready' | 'failed'>('none')
  const saving = ref(false)
  const unsaved = ref(false)
  const refusal = shallowRef<ApiError | null>(null)
  let saved: Content = nothing()
  let timer: ReturnType<typeof setTimeout> | undefined
  let line: Promise<unknown> = Promise.resolve()

  const complete = computed(() => content.value.category !== null && content.value.outcome !== null)
  const finished = computed(() => record.value !== null && !record.value.draft)
  const changed = (): boolean => !same(content.value, saved)

  async function load(): Promise<void> {
    const mine = call.value
    clearTimeout(timer)
    record.value = null
    overwrote.value = null
    refusal.value = null
    unsaved.value = false
    content.value = nothing()
    saved = nothing()
    if (mine === null) {
      state.value = 'none'
      return
    }
    state.value = 'loading'
    try {
      const found = await getRecord(mine)
      if (mine !== call.value) return
      record.value = found
      saved = contentOf(found)
      // What was typed before the answer came is newer.
      if (same(content.value, nothing())) content.value = { ...saved }
      state.value = 'ready'
    } catch {
      if (mine === call.value) state.value = 'failed'
    }
  }

  /** Save what is there now; one after the other, so that the versions follow each other. */
  function save(draft: boolean): Promise<boolean> {
    clearTimeout(timer)
    const mine = call.value
    if (mine === null) return Promise.resolve(false)
    const now = { ...content.value }
    const next = line.then(() => send(mine, now, draft))
    line = next
    return next
  }

  async function send(mine: string, now: Content, draft: boolean): Promise<boolean> {
    const shown = mine === call.value
    const body: RecordInput = { ...now, draft, seen: shown ? (record.value?.version ?? 0) : 0 }
    saving.value = true
    try {
      const answer = await putRecord(mine, body)
      if (mine !== call.value) return true
      record.value = answer
      saved = now
      unsaved.value = false
      refusal.value = null
      state.value = 'ready'
      if (answer.overwrote !== null) overwrote.value = answer.overwrote
      return true
    } catch (error) {
      if (mine !== call.value) return false
      refusal.value = error instanceof ApiError && error.status < 500 ? error : null
      unsaved.value = true
      if (refusal.value === null) again(AGAIN_MS)
      return false
    } finally {
      saving.value = false
    }
  }

  function again(ms: number): void {
    clearTimeout(timer)
    timer = setTimeout(() => {
      if (changed()) void save(true)
    }, ms)
  }

  // A finished record waits for its button: half a sentence mustn't replace what was finished.
  watch(
    content,
    () => {
      if (call.value !== null && changed() && !finished.value) again(REST_MS)
    },
    { deep: true },
  )
  watch(
    call,
    (_, before) => {
      // What was written of the call before is sent on its way first.
      if (before !== null && before !== undefined && changed() && !finished.value) {
        const body: RecordInput = { ...content.value, draft: true, seen: record.value?.version ?? 0 }
        void putRecord(before, body).catch(() => undefined)
      }
      void load()
    },
    { immediate: true },
  )
  onScopeDispose(() => {
    clearTimeout(timer)
    if (call.value !== null && changed() && !finished.value) void save(true)
  })

  /** Put back what the other one had written, beside what is there. */
  function takeTheirs(): void {
    if (overwrote.value === null) return
    const { note } = overwrote.value
    content.value.note = [content.value.note, note].filter((one) => one !== '').join('\n')
    overwrote.value = null
  }

  return { content, record, overwrote, state, saving, unsaved, refusal, complete, finished, changed, load, save, takeTheirs }
}
