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
  /** A colleague's question and what comes of it are about the caller behind: the phone is told who that is, or else the live line says it at the hand-over. */
  const behind = computed(() => {
    const { agent } = desk
    const now = call.value
    if (now?.about.kind !== 'internal') return null
    if (now.about.from !== '' && now.about.from !== now.number) return { id: now.id, call: now.about.call, number: now.about.from }
    if (agent === null) return null
    if (over.value !== null) return kept.value?.id === now.id ? kept.value : null
    // Of a plain call between colleagues the live line names the colleague, as the phone does.
    return agent.call !== null && agent.from !== null && agent.from !== now.number ? { id: now.id, call: agent.call, number: agent.from } : null
  })
  const kept = shallowRef<{ id: string; call: string; number: string } | null>(null)
  watch(behind, (told) => {
    if (told !== null) kept.value = told
  })
  const handed = ref('')
  watch(() => behind.value !== null && desk.agent?.call === behind.value.call, (ours) => {
    if (ours) handed.value = behind.value?.id ?? ''
  }, { immediate: true })
  /** A colleague only asks: the caller is still theirs. */
  const asked = computed(() => behind.value !== null && behind.value.id !== handed.value)
  const number = computed(() => behind.value?.number ?? call.value?.number ?? '')
  const callId = computed(() => behind.value?.call ?? (call.value?.about.call || (learnt.value[call.value?.id ?? ''] ?? '')))

  watch(
    () => [desk.agent?.call ?? '', phone.main] as const,
    ([told, main]) => {
      if (told !== '' && main?.way === 'out' && main.stage === 'talking' && learnt.value[main.id] === undefined) learnt.value = { [main.id]: told }
    },
  )

  let asking = new AbortController()
  watch(
    () => (call.value === null ? '' : `${behind.value?.call ?? call.value.about.call} ${number.value}`),
    async () => {
      asking.abort()
      pop.value = null
      away.value = false
      const about = call.value
      if (about === null) return
      const mine = new AbortController()
      asking = mine
      try {
        const answer = await getPop(behind.value?.call ?? about.about.call, number.value, about.about.keys, mine.signal)
        if (!mine.signal.aborted) pop.value = answer
      } catch {
        if (!mine.signal.aborted) away.value = true
      }
    },
  )

  function close(): void {
    done.value = over.value?.id ?? ''
  }

  return { call, over, behind, asked, number, callId, pop, away, close }
})
