import { computed, ref, type ComputedRef } from 'vue'
import { language } from './i18n'

interface Names {
  readonly name_zh: string
  readonly name_en: string
}

const KEY = 'linebox.company'

function kept(): Names | null {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? 'null') as Names | null
  } catch {
    return null
  }
}

const names = ref<Names | null>(kept())

/** The company whose box this is, as last told to this browser; empty before the first log-in. */
export const companyName: ComputedRef<string> = computed(() =>
  names.value === null ? '' : (language.value === 'en' ? names.value.name_en : names.value.name_zh) || names.value.name_zh,
)

export function keepCompany({ name_zh, name_en }: Names): void {
  names.value = { name_zh, name_en }
  localStorage.setItem(KEY, JSON.stringify(names.value))
}
