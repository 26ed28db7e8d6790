/** What somebody is about to change: pure steps on a list of items, one for each row touched. */
import { same, type Body, type Kind } from './kind'
import type { Change } from './api'

export interface Item {
  readonly what: string
  /** The row's key, or of a new one a name of its own in this draft (`new:1`, which other items may use where an id stands). */
  readonly id: string
  readonly etag: string | null
  /** The row as the box has it; null: a new one. */
  readonly before: Body | null
  /** As it shall be; null: deleted. */
  readonly after: Body | null
  /** Fields that somebody else changed meanwhile and this draft too: what the draft started from. */
  readonly conflicts: readonly string[]
  /** Fields that somebody else changed meanwhile and this draft doesn't touch. */
  readonly theirs: readonly string[]
  /** Somebody else deleted the row. */
  readonly gone: boolean
}
export type Draft = readonly Item[]
/** A row as the box tells it. */
export type Row = Body & { readonly etag: string }

export const isNew = (id: string): boolean => id.startsWith('new:')
export const find = (draft: Draft, what: string, id: string): Item | undefined => draft.find((one) => one.what === what && one.id === id)

/** The body of a row: what a change would say, without its key and etag. */
export function bodyOf(kind: Kind, row: Row): Body {
  return Object.fromEntries(Object.entries(row).filter(([name]) => name !== 'etag' && name !== kind.key && kind.facts?.includes(name) !== true))
}
export const keyOf = (kind: Kind, row: Body): string => (kind.single === true ? kind.what : String(row[kind.key]))

/** An id for a new row. */
export function newId(draft: Draft): string {
  return `new:${Math.max(0, ...draft.filter(({ id }) => isNew(id)).map(({ id }) => Number(id.slice(4)))) + 1}`
}

export const add = (draft: Draft, what: string, id: string, after: Body): Draft => [...draft, { what, id, etag: null, before: null, after, conflicts: [], theirs: [], gone: false }]

/** Change a row, or delete it (`after` null). What comes to nothing leaves the draft. */
export function edit(draft: Draft, kind: Kind, id: string, row: Row | null, after: Body | null): Draft {
  const there = find(draft, kind.what, id)
  if (there === undefined) {
    if (row === null) return draft
    const before = bodyOf(kind, row)
    return same(before, after) ? draft : [...draft, { what: kind.what, id, etag: row.etag, before, after, conflicts: [], theirs: [], gone: false }]
  }
  if (there.before === null && after === null) return draft.filter((one) => one !== there)
  if (there.before !== null && there.conflicts.length === 0 && same(there.before, after)) return draft.filter((one) => one !== there)
  return draft.map((one) => (one === there ? { ...there, after } : one))
}

/** Take back one field, or (`''`) the whole item. */
export function undoField(draft: Draft, what: string, id: string, field: string): Draft {
  const there = find(draft, what, id)
  if (there === undefined) return draft
  if (field === '' || there.before === null || there.after === null) return draft.filter((one) => one !== there)
  const after = { ...there.after, [field]: there.before[field] }
  const conflicts = there.conflicts.filter((one) => one !== field)
  if (conflicts.length === 0 && same(there.before, after)) return draft.filter((one) => one !== there)
  return draft.map((one) => (one === there ? { ...there, after, conflicts } : one))
}

/** Mine stays although they changed it: seen and decided. */
export const keepMine = (draft: Draft, what: string, id: string, field: string): Draft =>
  draft.map((one) => (one.what === what && one.id === id ? { ...one, conflicts: one.conflicts.filter((other) => other !== field) } : one))

/** Hold the draft against a row as it is now (null: it is gone): what only they changed is taken over, what both did is a conflict. */
export function rebase(item: Item, kind: Kind, row: Row | null): Item | null {
  if (item.before === null) return item
  if (row === null) return item.after === null ? null : { ...item, gone: true }
  if (row.etag === item.etag) return item.gone ? { ...item, gone: false } : item
  const now = bodyOf(kind, row)
  const { before, after } = item
  const moved = Object.keys({ ...before, ...now }).filter((name) => !same(before[name], now[name]))
  if (after === null) return { ...item, etag: row.etag, before: now, conflicts: moved.length > 0 ? [''] : item.conflicts, gone: false }
  const mine = (name: string): boolean => !same(before[name], after[name])
  const conflicts = [...new Set([...item.conflicts, ...moved.filter(mine)])].filter((name) => !same(now[name], after[name]))
  const theirs = moved.filter((name) => !mine(name))
  const merged = { ...after, ...Object.fromEntries(theirs.map((name) => [name, now[name]])) }
  if (same(now, merged)) return null
  return { ...item, etag: row.etag, before: now, after: merged, conflicts, theirs: [...new Set([...item.theirs, ...theirs])], gone: false }
}

/** In the order they are sent: deleted rows last, so that what no longer uses them goes first. */
export function ordered(draft: Draft): Draft {
  const order = (one: Item): number => (one.after === null ? 2 : isNew(one.id) ? 0 : 1)
  return [...draft].sort((a, b) => order(a) - order(b))
}
export function changesOf(draft: Draft): Change[] {
  return ordered(draft).map(({ what, id, etag, after }) => ({ what, key: isNew(id) ? null : id, etag, after, ref: isNew(id) ? id : null }))
}

/** A draft that was kept in this browser tab; nothing of a form that isn't ours. */
export function revive(text: string | null): Draft {
  try {
    const kept: unknown = JSON.parse(text ?? '[]')
    return Array.isArray(kept) && kept.every(isItem) ? kept : []
  } catch {
    return []
  }
}

const isItem = (one: unknown): one is Item => typeof one === 'object' && one !== null && 'what' in one && 'id' in one && 'before' in one && 'after' in one && 'conflicts' in one && 'theirs' in one
