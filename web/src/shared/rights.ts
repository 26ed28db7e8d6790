import { ref } from 'vue'

/** What this session may do on the box (base/rights.py): a page hides what it lacks. The box itself refuses it anyway. */
export const rights = ref<readonly string[]>([])

export const may = (right: string): boolean => rights.value.includes(right)
