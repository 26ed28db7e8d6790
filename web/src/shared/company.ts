import { computed, ref, type ComputedRef } from 'vue'
import { ask } from './api/client'
import type { Company } from './api/shapes'
import { language } from './i18n'

type Kept = Pick<Company, 'name_zh' | 'name_en' | 'time_zone'>

const KEY = 'linebox.company'

function kept(): Kept | null {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? 'null') as Kept | null
  } catch {
    return null
  }
}

const company = ref<Kept | null>(kept())

/** The company whose box this is, as last told to this browser; empty before the first log-in. */
export const companyName: ComputedRef<string> = computed(() =>
  company.value === null ? '' : (language.value === 'en' ? company.value.name_en : company.value.name_zh) || company.value.name_zh,
)

/** The time zone that every time of the pages is told in. */
export const timeZone: ComputedRef<string | undefined> = computed(() => company.value?.time_zone)

/** Keep what the box said of the company. */
export function keepCompany({ name_zh, name_en, time_zone }: Kept): void {
  company.value = { name_zh, name_en, time_zone }
  localStorage.setItem(KEY, JSON.stringify(company.value))
}

/** Learn the company's names and zone; without an answer the last ones stay. */
export async function learnCompany(): Promise<void> {
  try {
    keepCompany(await ask<Company>('/api/company'))
  } catch {
    // Names and zone are an ornament of the page; the page goes on with the device's own.
  }
}
