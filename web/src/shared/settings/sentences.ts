/** A change as sentences, from before and after: for the draft, the history, an import. */
import { labelOf, same, type Body, type Kind, type Refs } from './kind'
import { isNew } from './draft'
import { say } from '@/shared/i18n'

/** One field's change. `before` and `after` stand beside each other; `text` says it in one where that reads better. */
export interface Sentence {
  readonly field: string
  readonly label: string
  readonly before: string
  readonly after: string
  readonly text: string
}

/** Of the row itself, not of what it says. */
const SILENT = new Set(['id', 'etag', 'version', 'number'])

const told = (field: string, label: string, text: string): Sentence => ({ field, label, before: '', after: '', text })

export const titleOf = (kind: Kind | undefined, body: Body | null, key: string): string => (kind === undefined || body === null ? key : kind.title(body, key) || (isNew(key) ? '' : key))

/** What became different, in the order of the form; made and deleted things are one sentence. */
export function sentences(kind: Kind | undefined, before: Body | null, after: Body | null, refs: Refs, key = ''): Sentence[] {
  const one = kind === undefined ? '' : say(kind.one)
  if (before === null) return [told('', say('settings.made', { one }), titleOf(kind, after, key))]
  if (after === null) return [told('', say('settings.deleted', { one }), titleOf(kind, before, key))]
  const fields = kind?.fields ?? []
  const known = fields.flatMap((field): Sentence[] => {
    const [old, now] = [before[field.name], after[field.name]]
    if (same(old, now)) return []
    const label = labelOf(field.words)
    if (field.differences !== undefined) return field.differences(old, now, refs).map((text) => told(field.name, label, text))
    return [{ field: field.name, label, before: field.say(old, refs), after: field.say(now, refs), text: '' }]
  })
  const others = Object.keys({ ...before, ...after }).filter((name) => !SILENT.has(name) && !same(before[name], after[name]) && !fields.some((field) => field.name === name))
  return [...known, ...others.map((name) => ({ field: name, label: name, before: plain(before[name]), after: plain(after[name]), text: '' }))]
}

const plain = (value: unknown): string => (value === undefined || value === null || value === '' ? say('settings.empty') : typeof value === 'string' ? value : JSON.stringify(value))
