import { ref, type Ref } from 'vue'
import { getFields, type CustomerField } from './api'

const fields = ref<readonly CustomerField[]>([])
let asked: Promise<void> | null = null

/** The business's own fields: asked once for all cards; `known` is called when they may have changed. */
export function useFields(): Ref<readonly CustomerField[]> {
  asked ??= getFields().then(
    (found) => {
      fields.value = found.items
    },
    () => {
      asked = null // the next card asks again
    },
  )
  return fields
}

export function knowFields(items: readonly CustomerField[]): void {
  fields.value = items
}
