import { computed, ref, shallowRef, watchEffect, type Ref } from 'vue'

/**
 * Keep the order of things while the pointer is over them: rows never jump away from a click.
 * Values stay fresh; what is new comes last, what is gone leaves; the true order returns afterwards.
 */
export function useSettled<T>(ordered: Ref<readonly T[]>, keyOf: (one: T) => string | number): {
  items: Ref<readonly T[]>
  hold: () => void
  release: () => void
} {
  const held = ref(false)
  const order = shallowRef<ReadonlyMap<string | number, number>>(new Map())
  watchEffect(() => {
    if (!held.value) order.value = new Map(ordered.value.map((one, place) => [keyOf(one), place]))
  })
  const items = computed(() => {
    if (!held.value) return ordered.value
    const place = (one: T): number => order.value.get(keyOf(one)) ?? Number.MAX_SAFE_INTEGER
    return [...ordered.value].sort((a, b) => place(a) - place(b))
  })
  return {
    items,
    hold: () => {
      held.value = true
    },
    release: () => {
      held.value = false
    },
  }
}
