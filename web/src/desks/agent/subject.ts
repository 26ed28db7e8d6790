import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'
import { getPop, type Pop } from './api'
import { useDesk } from './desk'
import { usePhone } from '@/shared/phone/store'
import type { EndedCall, PhoneCall } from '@/shared/phone/model'

/** Whom the desk is about: who rings or talks, and after the call whoever it was, until the agent is done with it. */
export const useSubject = defineStore('subject', () => {
  const phone = usePhone()
  const desk = useDesk()
  const pop = shallowRef<Pop | null>(null)
  const away = ref(false)
  /** Ended calls that the agent has put away. */
  const done = ref('')
  /** Calls placed here learn their number in the journal from the live line. */
  const learnt = ref<Readonly<Record<string, string>>>({})

  const call = computed((): PhoneCall | EndedCall | null => {
    const now = phone.main ?? phone.rings
    if (now !== null) return now
    const { last } = phone.state
    return last === null || last.id === done.value || last.stage !== 'talking' ? null : last
  })
  const over = computed((): EndedCall | null => (call.value !== null && 'ended' in call.value ? call.value : null))
  const number = computed(() => call.value?.number ?? '')
  const callId = computed(() => call.value?.about.call || (learnt.value[call.value?.id ?? ''] ?? ''))

  watch(
    () => [desk.agent?.call ?? '', phone.main] as const,
    ([told, main]) => {
      if (told !== '' && main?.way === 'out' && main.stage === 'talking' && learnt.value[main.id] === undefined) learnt.value = { [main.id]: told }
    },
  )

  let asking = new AbortController()
  watch(
    () => (call.value === null ? '' : `${call.value.about.call} ${call.value.number}`),
    async () => {
      asking.abort()
      pop.value = null
      away.value = false
      const about = call.value
      if (about === null) return
      const mine = new AbortController()
      asking = mine
      try {
        const answer = await getPop(about.about.call, about.number, about.about.keys, mine.signal)
        if (!mine.signal.aborted) pop.value = answer
      } catch {
        if (!mine.signal.aborted) away.value = true
      }
    },
  )

  function close(): void {
    done.value = over.value?.id ?? ''
  }

  return { call, over, number, callId, pop, away, close }
})
