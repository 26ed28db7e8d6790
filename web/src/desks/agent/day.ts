import { defineStore } from 'pinia'
import { shallowRef, watch } from 'vue'
import { getDay, getMyCalls, getToReturn, type MyCall, type MyDay, type ToReturn } from './api'
import { usePhone } from '@/shared/phone/store'

/** A call is filed a moment after its end. */
const FILED_MS = 1500
const AGAIN_MS = 60_000

/** The agent's day: figures and latest calls, read again after each call. */
export const useDay = defineStore('day', () => {
  const phone = usePhone()
  const today = shallowRef<MyDay | null>(null)
  const recent = shallowRef<readonly MyCall[]>([])
  const toReturn = shallowRef<readonly ToReturn[]>([])
  const failed = shallowRef(false)
  let timer: ReturnType<typeof setTimeout> | undefined

  async function read(): Promise<void> {
    clearTimeout(timer)
    try {
      const [day, calls, lost] = await Promise.all([getDay(), getMyCalls({ limit: 8 }), getToReturn(6)])
      today.value = day
      recent.value = calls.items
      toReturn.value = lost
      failed.value = false
    } catch {
      failed.value = true
    }
    timer = setTimeout(() => void read(), AGAIN_MS)
  }

  watch(
    () => phone.state.last,
    () => {
      clearTimeout(timer)
      timer = setTimeout(() => void read(), FILED_MS)
    },
  )

  /** Nothing more is asked in the name of who has left. */
  function stop(): void {
    clearTimeout(timer)
    today.value = null
    recent.value = []
    toReturn.value = []
  }

  return { today, recent, toReturn, failed, read, stop }
})
