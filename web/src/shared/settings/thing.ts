/** One thing on its page, as the fields in it see it. */
import { computed, inject, provide, type ComputedRef, type InjectionKey } from 'vue'
import { knownKind } from './kinds'
import { same, type Body, type Field, type Kind } from './kind'
import { useRows } from './rows'
import { useDraft, type Fault } from './store'

export interface Thing {
  readonly kind: Kind
  readonly id: ComputedRef<string>
  /** As the box has it; null: new. */
  readonly before: ComputedRef<Body | null>
  /** As it shall be; null: there is none, or it is to be deleted. */
  readonly body: ComputedRef<Body | null>
  readonly set: (field: string, value: unknown) => void
  readonly undo: (field: string) => void
  readonly changed: (field: string) => boolean
  readonly faultAt: (field: string) => Fault | undefined
}

const KEY: InjectionKey<Thing> = Symbol('setting')

/** The row `id` of a kind, for the fields below this component. */
export function provideThing(what: string, id: () => string): Thing {
  const draft = useDraft()
  const rows = useRows()
  const kind = knownKind(what)
  const key = computed(id)
  const body = computed(() => draft.bodyOf(what, key.value))
  const before = computed(() => {
    const item = draft.itemOf(what, key.value)
    if (item !== undefined) return item.before
    return rows.one(what, key.value) === null ? null : body.value
  })
  const thing: Thing = {
    kind, id: key, before, body,
    set(field, value) {
      if (body.value !== null) draft.edit(what, key.value, { ...body.value, [field]: value })
    },
    undo: (field) => {
      draft.undoField(what, key.value, field)
    },
    changed: (field) => before.value !== null && body.value !== null && !same(before.value[field], body.value[field]),
    faultAt: (field) => draft.faultAt(what, key.value, field),
  }
  provide(KEY, thing)
  return thing
}

/** The thing of the page, for its fields. */
export function useThing(): Thing {
  const thing = inject(KEY)
  if (thing === undefined) throw new Error('not within a SettingThing')
  return thing
}

export function fieldOf(kind: Kind, name: string): Field {
  const field = kind.fields.find((one) => one.name === name)
  if (field === undefined) throw new Error(`${kind.what} has no field ${name}`)
  return field
}
