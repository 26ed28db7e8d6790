/** What this person recorded by telephone: it waits at the box until it is used or thrown away. */
import { reactive, ref } from 'vue'
import type { Taken } from './sound'
import { ask } from '@/shared/api/client'
import { language } from '@/shared/i18n'

export type TakeState = 'ringing' | 'recording' | 'recorded' | 'ready' | 'busy' | 'away' | 'unanswered' | 'missed' | 'short' | 'silent' | 'failed'
export interface Take {
  readonly id: number
  readonly phone: string
  readonly at: string
  readonly state: TakeState
  readonly sound: Taken | null
}
const UNDER_WAY: readonly TakeState[] = ['ringing', 'recording', 'recorded']
const LOOK_MS = 700

export const underWay = ({ state }: Take): boolean => UNDER_WAY.includes(state)
/** The newest first; empty until it is read. */
export const takes = ref<readonly Take[]>([])
/** Asked for by a field of this page: that field takes it up by itself. */
export const claimed = reactive(new Set<number>())
let timer = 0

/** Read them, and go on as long as a call lasts. */
export async function lookAtTakes(): Promise<void> {
  window.clearTimeout(timer)
  takes.value = (await ask<{ items: readonly Take[] }>('/api/prompts/takes')).items
  if (takes.value.some(underWay)) timer = window.setTimeout(() => { lookAtTakes().catch(() => { timer = window.setTimeout(() => void lookAtTakes().catch(() => undefined), 3000) }) }, LOOK_MS)
}

/** Have a telephone ring; the id of what comes of it. */
export async function recordByPhone(phone: string): Promise<number> {
  const take = await ask<Take>('/api/prompts/takes', { method: 'POST', body: { phone, lang: language.value } })
  claimed.add(take.id)
  await lookAtTakes()
  return take.id
}

/** It is used, or isn't wanted. */
export async function putAway(id: number): Promise<void> {
  takes.value = takes.value.filter((one) => one.id !== id)
  await ask(`/api/prompts/takes/${id}`, { method: 'DELETE' })
}
