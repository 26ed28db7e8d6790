/** The draft of this browser tab: edited by pages, previewed by the box, applied at once. */
import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'
import * as api from './api'
import * as steps from './draft'
import type { Draft, Item } from './draft'
import { kindOf, knownKind } from './kinds'
import { labelOf, type Body, type Kind, type Refs, type Trouble } from './kind'
import { useRows } from './rows'
import { sentences, titleOf, type Sentence } from './sentences'
import { ApiError, NoAnswer } from '@/shared/api/client'
import { language, say } from '@/shared/i18n'
import { useLive } from '@/shared/live/store'

/** A problem, where it is and what it is called there. */
export interface Fault extends Trouble {
  readonly what: string
  readonly id: string
  readonly label: string
}
export interface ItemSentences {
  readonly item: Item
  readonly title: string
  readonly lines: readonly Sentence[]
}
/** What the last act came to, told in the bar. */
export interface Outcome {
  readonly tone: 'go' | 'stop'
  readonly text: string
  /** What an undo of it names; null: it has none. */
  readonly act: number | null
}

const PAUSE_MS = 400

/** What may lie in the tab's store: a secret is typed again after a reload. */
function withoutSecrets({ what, after }: Item): Body | null {
  const secrets = knownKind(what).fields.filter(({ secret }) => secret === true).map(({ name }) => name)
  return after === null ? null : Object.fromEntries(Object.entries(after).filter(([name]) => !secrets.includes(name)))
}

const told = (error: unknown): string => {
  if (error instanceof ApiError) return error.text(language.value)
  if (error instanceof NoAnswer) return say('settings.noAnswer')
  throw error
}
export { told as tellError }

/** What the form itself sees before the box is asked. */
export function formTroubles(kind: Kind, body: Body): Trouble[] {
  const found = kind.fields.flatMap((field): Trouble[] => {
    const value = body[field.name]
    if (field.control === 'number') {
      const cure = (fit: number): NonNullable<Trouble['cure']> => ({ value: fit, label: say('settings.use', { value: field.say(fit, NO_REFS) }) })
      if (typeof value !== 'number' || !Number.isFinite(value)) return [{ field: field.name, text: say('settings.needsNumber', { min: field.min, max: field.max }) }]
      if (value < field.min) return [{ field: field.name, text: say('settings.tooSmall', { min: field.min }), cure: cure(field.min) }]
      if (value > field.max) return [{ field: field.name, text: say('settings.tooLarge', { max: field.max }), cure: cure(field.max) }]
    }
    if ((field.control === 'text' || field.control === 'lines') && field.required && typeof value === 'string' && value.trim() === '') return [{ field: field.name, text: say('settings.missing') }]
    return []
  })
  return [...found, ...(kind.check?.(body) ?? [])]
}
const NO_REFS: Refs = { name: () => '', rows: () => [] }

export const useDraft = defineStore('settings-draft', () => {
  const rows = useRows()
  const live = useLive()
  const items = shallowRef<Draft>([])
  const seen = shallowRef<api.Preview | null>(null)
  /** The draft that `seen` is of, in the order it was sent. */
  const sent = shallowRef<Draft>([])
  const previewing = ref(false)
  const previewFailed = ref('')
  const busy = ref(false)
  const note = ref('')
  const outcome = shallowRef<Outcome | null>(null)
  /** Rows that the last apply made; a page may lead to one, or show what is told once. */
  const made = shallowRef<readonly api.Made[]>([])
  /** The keys of what was new in the last apply, by their ids in the draft. */
  const became = shallowRef<ReadonlyMap<string, string>>(new Map())
  /** Grows with each apply and undo, also of other tabs: histories are read again. */
  const applied = ref(0)
  let place = ''
  const others = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel('linebox.settings')

  /** Who is logged in: each has a draft of their own in this tab. */
  function open(login: string): void {
    if (place === `linebox.settings.${login}`) return
    place = `linebox.settings.${login}`
    items.value = steps.revive(sessionStorage.getItem(place)).filter(({ what }) => kindOf(what) !== undefined)
    void Promise.all([...new Set(items.value.map(({ what }) => what))].flatMap((what) => [what, ...knownKind(what).needs]).map((what) => rows.load(what)).concat(pagedRows())).then(settle)
  }
  watch(items, (now) => {
    if (place !== '') sessionStorage.setItem(place, JSON.stringify(now.map((item) => ({ ...item, after: withoutSecrets(item) }))))
  })

  /** Those of the draft whose kind is read one by one. */
  const pagedRows = (): Promise<void>[] => items.value.flatMap(({ what, id }) => (knownKind(what).paged === true && !steps.isNew(id) ? [rows.loadOne(what, id)] : []))

  /** Hold the draft against the rows as they are now. */
  function settle(): void {
    items.value = items.value.flatMap((item) => {
      const kind = knownKind(item.what)
      if (!rows.known(item.what)) return [item]
      const based = steps.rebase(item, kind, rows.one(item.what, item.id))
      return based === null ? [] : [based]
    })
  }
  /** Somebody else applied something. */
  async function refresh(): Promise<void> {
    await rows.refresh()
    settle()
    applied.value += 1
  }
  others?.addEventListener('message', () => void refresh())
  watch(() => live.snapshot?.generation, (now, before) => {
    if (before !== undefined && now !== undefined && now !== before && !busy.value && place !== '') void refresh()
  })

  const rowOf = (what: string, id: string): steps.Row | null => (steps.isNew(id) ? null : rows.one(what, id))
  function edit(what: string, id: string, after: Body | null): void {
    outcome.value = null
    items.value = steps.edit(items.value, knownKind(what), id, rowOf(what, id), after)
  }
  /** A new row, or a copy of one; its id in the draft. */
  function add(what: string, body: Body): string {
    outcome.value = null
    became.value = new Map()
    const id = steps.newId(items.value)
    items.value = steps.add(items.value, what, id, body)
    return id
  }
  const undoField = (what: string, id: string, field: string): void => {
    items.value = steps.undoField(items.value, what, id, field)
  }
  const keepMine = (what: string, id: string, field: string): void => {
    items.value = steps.keepMine(items.value, what, id, field)
  }
  function undoAll(): void {
    items.value = []
    note.value = ''
  }
  /** The body as it shall be: the draft's, else the row's; null: none, or to be deleted. */
  function bodyOf(what: string, id: string): Body | null {
    const item = steps.find(items.value, what, id)
    if (item !== undefined) return item.after
    const row = rowOf(what, id)
    return row === null ? null : steps.bodyOf(knownKind(what), row)
  }
  const itemOf = (what: string, id: string): Item | undefined => steps.find(items.value, what, id)

  const changes = computed<readonly ItemSentences[]>(() =>
    items.value.map((item) => {
      const kind = knownKind(item.what)
      return { item, title: titleOf(kind, item.after ?? item.before, item.id), lines: sentences(kind, item.before, item.after, rows.refs, item.id) }
    }))
  const count = computed(() => changes.value.reduce((sum, { lines }) => sum + lines.length, 0))

  const fault = (item: Item, trouble: Trouble): Fault => {
    const kind = knownKind(item.what)
    const field = kind.fields.find(({ name }) => name === trouble.field || trouble.field.startsWith(`${name}.`))
    return { ...trouble, what: item.what, id: item.id, label: field === undefined ? titleOf(kind, item.after ?? item.before, item.id) : labelOf(field.words) }
  }
  const own = computed<readonly Fault[]>(() =>
    items.value.flatMap((item) => {
      const conflicts = [...item.conflicts.map((field) => ({ field, text: say('settings.conflict.decide') })), ...(item.gone ? [{ field: '', text: say('settings.conflict.gone') }] : [])]
      return [...conflicts, ...(item.after === null ? [] : formTroubles(knownKind(item.what), item.after))].map((one) => fault(item, one))
    }))
  const boxs = computed<readonly Fault[]>(() =>
    (seen.value?.problems ?? []).flatMap((problem) => {
      const item = problem.change === null ? undefined : sent.value[problem.change]
      const trouble = { field: problem.field, text: problem[language.value] }
      return [item === undefined ? { ...trouble, what: problem.what, id: problem.key ?? '', label: '' } : fault(item, trouble)]
    }))
  /** All that keeps the draft from being applied; what the form sees hides what the box says of the same field. */
  const faults = computed<readonly Fault[]>(() => [
    ...own.value, ...boxs.value.filter((one) => !own.value.some((other) => other.what === one.what && other.id === one.id && other.field === one.field)),
  ])
  const faultAt = (what: string, id: string, field: string): Fault | undefined =>
    faults.value.find((one) => one.what === what && one.id === id && (one.field === field || one.field.startsWith(`${field}.`)))

  let asking: AbortController | null = null
  let pause: ReturnType<typeof setTimeout> | undefined
  async function look(): Promise<void> {
    asking?.abort()
    const mine = new AbortController()
    asking = mine
    previewFailed.value = ''
    try {
      const draft = steps.ordered(items.value)
      const answer = await api.preview(steps.changesOf(draft), mine.signal)
      if (mine.signal.aborted) return
      sent.value = draft
      seen.value = answer
      if (answer.problems.some(({ code }) => code === 'changed-by-other')) await refresh()
    } catch (error) {
      if (mine.signal.aborted) return
      seen.value = null
      previewFailed.value = told(error)
    }
    previewing.value = false
  }
  watch([items, own], ([now, wrong], [before]) => {
    if (now === before && seen.value !== null) return
    asking?.abort()
    clearTimeout(pause)
    seen.value = null
    previewFailed.value = ''
    previewing.value = now.length > 0 && wrong.length === 0
    if (previewing.value) pause = setTimeout(() => void look(), PAUSE_MS)
  })

  /** Do it, tell what came of it, and read again what is there now. */
  async function doing(act: () => Promise<Outcome>): Promise<boolean> {
    busy.value = true
    outcome.value = null
    let done = true
    try {
      outcome.value = await act()
    } catch (error) {
      outcome.value = { tone: 'stop', text: told(error), act: null }
      done = false
    }
    await refresh()
    busy.value = false
    if (done) others?.postMessage('applied')
    else if (items.value.length > 0) await look()
    return done
  }
  const outcomeOf = ({ generation, seconds, changed }: Pick<api.Applied, 'generation' | 'seconds' | 'changed'>, act: number | null): Outcome => ({
    tone: 'go', text: changed ? say('settings.applied', { generation, seconds: seconds.toFixed(1) }) : say('settings.saved'), act,
  })
  const apply = (): Promise<boolean> =>
    doing(async () => {
      const given = steps.ordered(items.value)
      const done = await api.apply(steps.changesOf(given), note.value.trim())
      made.value = done.made
      became.value = new Map(done.made.flatMap(({ change, key }) => (given[change] === undefined ? [] : [[given[change].id, key]])))
      undoAll()
      return outcomeOf(done, done.act)
    })
  /** Put back what these entries of the log, or those of an act, changed. */
  const undo = (of: Parameters<typeof api.undo>[0]): Promise<boolean> =>
    doing(async () => {
      const done = await api.undo(of)
      return { tone: 'go', text: say('settings.undone', { generation: done.generation, seconds: done.seconds.toFixed(1) }), act: done.act }
    })
  const applySaved = (): Promise<boolean> => doing(async () => outcomeOf(await api.applySaved(''), null))

  /** Bring in a file that was looked through. */
  const takeFile = (body: Parameters<typeof api.importFile>[0]): Promise<boolean> =>
    doing(async () => {
      const { applied: done, problems } = await api.importFile(body)
      if (done === null) throw new Error(problems[0]?.code ?? 'nothing was imported')
      made.value = done.made
      return outcomeOf(done, done.act)
    })

  /** Take in a table that was looked through; null: it couldn't be. */
  async function takeTable(what: string, body: api.Table): Promise<api.Taken | null> {
    let taken: api.Taken | null = null
    const done = await doing(async () => {
      taken = await api.takeTable(what, body)
      if (taken.applied === null) return { tone: 'go', text: say('sheets.nothing'), act: null }
      made.value = taken.applied.made
      return outcomeOf(taken.applied, taken.applied.act)
    })
    return done ? taken : null
  }

  return {
    items, seen, made, became, previewing, previewFailed, busy, note, outcome, applied, changes, count, faults,
    open, edit, add, undoField, keepMine, undoAll, bodyOf, itemOf, faultAt, apply, undo, applySaved, takeFile, takeTable, refresh,
  }
})
