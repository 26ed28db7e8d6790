/** What a settings page edits, described once: its rows, their fields, how a value is said. */
import { isMessage, say, type Message } from '@/shared/i18n'

export type Body = Readonly<Record<string, unknown>>

/** The stem of a field's words: `settings.group.ring_s` has `….label`, and maybe `….help` and `….unit`. */
export type Words = Message extends infer M ? (M extends `${infer Stem}.label` ? Stem : never) : never

export const labelOf = (words: Words): string => say(`${words}.label`)
const optional = (key: string): string => (isMessage(key) ? say(key) : '')
export const helpOf = (words: Words): string => optional(`${words}.help`)
export const unitOf = (words: Words): string => optional(`${words}.unit`)

/** What other rows are called, read while the page is shown: `rows.ts` is one. */
export interface Refs {
  /** The name of a row, or its bare key while it isn't known. */
  readonly name: (what: string, key: unknown) => string
  /** All rows of a kind; none while they aren't read. */
  readonly rows: (what: string) => readonly Body[]
}

export interface Choice {
  readonly value: unknown
  readonly label: string
}

interface FieldOf {
  /** Its name in the body. */
  readonly name: string
  readonly words: Words
  /** A value in words, with its unit. */
  readonly say: (value: unknown, refs: Refs) => string
  /** For lists: what came, went or became different, a sentence each. */
  readonly differences?: (before: unknown, after: unknown, refs: Refs) => readonly string[]
  /** Never kept in the browser beyond the page itself. */
  readonly secret?: boolean
  /** Written only in a new row (a number that is the row's key). */
  readonly onlyNew?: boolean
}
export interface TextField extends FieldOf {
  readonly control: 'text' | 'lines'
  readonly max: number
  readonly required: boolean
}
export interface NumberField extends FieldOf {
  readonly control: 'number'
  readonly min: number
  readonly max: number
}
export interface SwitchField extends FieldOf {
  readonly control: 'switch'
}
export interface ChoiceField extends FieldOf {
  readonly control: 'choice'
  readonly choices: (refs: Refs, body: Body) => readonly Choice[]
}
/** The page draws the control itself, in the slot of `SettingField`. */
export interface OwnField extends FieldOf {
  readonly control: 'own'
}
export type Field = TextField | NumberField | SwitchField | ChoiceField | OwnField

/** Something wrong at a field, with what puts it right by one click. */
export interface Trouble {
  readonly field: string
  readonly text: string
  readonly cure?: { readonly value: unknown; readonly label: string }
}

/** One kind of settings row: the resource whose `one_word` is `what`. */
export interface Kind {
  readonly what: string
  /** One of it, by name: 技能组. */
  readonly one: Message
  /** The tab it is edited in, where there is one. */
  readonly tab?: string
  /** Where its pages are below `/settings/`, where that isn't its tab. */
  readonly at?: string
  /** Where its rows are read: a list, or (`single`) the one thing itself, whose key is `what`. */
  readonly list: string
  readonly single?: boolean
  /** Too many for one answer: rows are read one by one, from `list/<key>`. */
  readonly paged?: boolean
  /** The field that is its key in answers; it isn't in the body of a change. */
  readonly key: string
  /** What an answer tells beside what is set; no part of a change. */
  readonly facts?: readonly string[]
  readonly title: (body: Body, key: string) => string
  readonly fields: readonly Field[]
  /** Kinds whose names its fields and sentences need. */
  readonly needs: readonly string[]
  /** The body of a new one. */
  readonly fresh?: () => Body
  /** What the box can't check field by field. */
  readonly check?: (body: Body) => readonly Trouble[]
  /** The rows it points at: who deletes those is told. */
  readonly uses?: (body: Body) => readonly { readonly what: string; readonly key: unknown }[]
}

/** The page of one of it; empty: it has none. */
export const pageOf = (kind: Kind, id: string): string => (kind.tab === undefined ? '' : `/settings/${kind.at ?? kind.tab}/${id}`)

const shown = (value: unknown): string => (value === null || value === undefined || value === '' ? say('settings.empty') : typeof value === 'object' ? JSON.stringify(value) : `${value as string | number | boolean}`)

type More = Partial<Pick<FieldOf, 'onlyNew' | 'say'>>

export const text = (name: string, words: Words, more: More & { max?: number; required?: boolean; lines?: boolean } = {}): TextField => {
  const { max = 100, required = true, lines = false, ...rest } = more
  return { name, words, control: lines ? 'lines' : 'text', max, required, say: shown, ...rest }
}

export const number = (name: string, words: Words, min: number, max: number, more: More = {}): NumberField => ({
  name, words, control: 'number', min, max, say: (value) => (typeof value === 'number' ? withUnit(value, words) : shown(value)), ...more,
})
const withUnit = (value: number, words: Words): string => {
  const unit = unitOf(words)
  return unit === '' || unit === '%' ? `${value}${unit}` : `${value} ${unit}`
}

export const toggle = (name: string, words: Words, more: More = {}): SwitchField => ({
  name, words, control: 'switch', say: (value) => say(value === true ? 'settings.on' : 'settings.off'), ...more,
})

export const choice = (name: string, words: Words, choices: ChoiceField['choices'], more: More = {}): ChoiceField => ({
  name, words, control: 'choice', choices,
  say: (value, refs) => choices(refs, {}).find((one) => same(one.value, value))?.label ?? shown(value), ...more,
})

/** One row of another kind; `none`: the word for none of them, where that may be. */
export const reference = (name: string, words: Words, what: string, none?: Message): ChoiceField => {
  const choices = (refs: Refs): Choice[] => [
    ...(none === undefined ? [] : [{ value: null, label: say(none) }]),
    ...refs.rows(what).map((row) => ({ value: row.id ?? row.number, label: refs.name(what, row.id ?? row.number) })),
  ]
  return { name, words, control: 'choice', choices, say: (value, refs) => (value === null || value === undefined ? (none === undefined ? shown(value) : say(none)) : refs.name(what, value)) }
}

/** Where a caller is sent: `{"kind", "target"}`. */
export const route = (name: string, words: Words): ChoiceField => ({
  name, words, control: 'choice', choices: routes, say: sayRoute,
})
export const sayRoute = (value: unknown, refs: Refs): string => {
  const { kind, target } = (value ?? {}) as { kind?: string; target?: number }
  if (kind === 'group' || kind === 'menu') return say(`settings.route.${kind}`, { name: refs.name(kind, target) })
  if (kind === 'voicemail' || kind === 'hangup' || kind === 'selfservice' || kind === 'repeat') return say(`settings.route.${kind}`)
  return shown(value)
}
export const routes = (refs: Refs): Choice[] => {
  const to = (kind: string, target: unknown): Choice => ({ value: { kind, target }, label: sayRoute({ kind, target }, refs) })
  return [...refs.rows('group').map((row) => to('group', row.id)), ...refs.rows('menu').map((row) => to('menu', row.id)), to('voicemail', 0), to('hangup', 0)]
}
/** What a destination points at, for `uses`. */
export const routeUse = (value: unknown): { what: string; key: unknown }[] => {
  const { kind, target } = (value ?? {}) as { kind?: string; target?: number }
  return kind === 'group' || kind === 'menu' ? [{ what: kind, key: target }] : []
}

export const own = (name: string, words: Words, more: Pick<FieldOf, 'say'> & Partial<Pick<FieldOf, 'differences' | 'secret'>>): OwnField => ({ name, words, control: 'own', ...more })

/** Equal as JSON, whatever the order of keys. */
export const same = (a: unknown, b: unknown): boolean => {
  if (a === b || ((a ?? null) === null && (b ?? null) === null)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null || Array.isArray(a) !== Array.isArray(b)) return false
  const [one, other] = [a as Body, b as Body]
  return Object.keys({ ...one, ...other }).every((key) => same(one[key], other[key]))
}

/** A list told by what its entries are: who came, who went, whose value changed. */
export function listDifferences<T>(before: unknown, after: unknown, idOf: (one: T) => unknown, told: { came: (one: T) => string; went: (one: T) => string; became: (from: T, to: T) => string }): string[] {
  const [old, now] = [(before ?? []) as readonly T[], (after ?? []) as readonly T[]]
  const find = (all: readonly T[], one: T): T | undefined => all.find((other) => same(idOf(other), idOf(one)))
  return [
    ...now.flatMap((one) => (find(old, one) === undefined ? [told.came(one)] : [])),
    ...old.flatMap((one) => (find(now, one) === undefined ? [told.went(one)] : [])),
    ...now.flatMap((one) => {
      const from = find(old, one)
      return from === undefined || same(from, one) ? [] : [told.became(from, one)]
    }),
  ]
}
