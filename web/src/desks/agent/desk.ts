import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'
import { codeOf, offers, ownState, type Act, type Dialled, type Reason } from './own'
import { useSession } from '@/features/accounts/session'
import { ApiError, ask } from '@/shared/api/client'
import { language, say } from '@/shared/i18n'
import { boxNow, clockNow } from '@/shared/live/clock'
import { useLive } from '@/shared/live/store'
import { usePhone } from '@/shared/phone/store'
import { may } from '@/shared/rights'

/** A layer over the desk; one at a time, closed by Esc. */
export type Layer = 'keys' | 'devices' | 'transfer' | 'join' | 'pad' | 'break'

/** Longer than this the web service counts as away, and the phone dials the code itself. */
const PATIENCE_MS = 2500

/** Words for a transfer that was refused, by the SIP answer. */
const NOT_MOVED: ReadonlyMap<number, 'failedNone' | 'failedBusy' | 'failedAway'> = new Map([[404, 'failedNone'], [484, 'failedNone'], [486, 'failedBusy'], [480, 'failedAway'], [408, 'failedAway']])

/** What the agent does at the desk: the own state, the acts, the open layer, what is told in passing. */
export const useDesk = defineStore('desk', () => {
  const live = useLive()
  const phone = usePhone()
  const session = useSession()
  const layer = ref<Layer | null>(null)
  const asking = ref<Act['do'] | null>(null)
  /** Puts the cursor where the call's note is written; null while none is. */
  const writeNote = shallowRef<(() => void) | null>(null)
  const dialled = shallowRef<Dialled | null>(null)
  /** What went wrong with the last act, in words; empty when nothing did. */
  const trouble = ref('')

  const number = computed(() => session.session?.agent ?? '')
  const agent = computed(() => live.agentsByNumber.get(number.value) ?? null)
  const own = computed(() => ownState(phone.state, agent.value, dialled.value, live.staleSince, Math.max(clockNow.value, boxNow())))
  const groups = computed(() => {
    const mine = agent.value?.groups ?? []
    return (live.snapshot?.groups ?? []).filter((group) => mine.includes(group.id))
  })
  const dialledCode = computed(() => (dialled.value === null ? '' : codeOf(dialled.value.act)))
  const allowed = computed(() => offers(own.value.state))

  function toggle(next: Layer): void {
    layer.value = layer.value === next ? null : next
  }

  /** Ask the box; without an answer in time the phone dials the code. Asterisk's answer is what the live line shows. */
  async function act(wanted: Act): Promise<void> {
    if (asking.value !== null || !may('live.act')) return
    asking.value = wanted.do
    trouble.value = ''
    try {
      await ask(`/api/agents/${number.value}/state`, { method: 'POST', body: wanted, limitMs: PATIENCE_MS })
      dialled.value = null
    } catch (error) {
      // The box may not have heard yet that this phone is registered; the engine has.
      const early = error instanceof ApiError && error.code === 'phone-not-registered' && phone.registered
      if (error instanceof ApiError && error.status < 500 && !early) trouble.value = error.text(language.value)
      else if (await phone.code(codeOf(wanted))) dialled.value = { act: wanted, at: boxNow() }
      else trouble.value = say('desk.state.failed', { code: codeOf(wanted) })
    } finally {
      asking.value = null
    }
  }

  const pause = (reason: Reason): Promise<void> => {
    layer.value = null
    return act({ do: 'pause', reason })
  }

  /** Ready for calls, from wherever: logs in when out, ends wrap-up. */
  const ready = (): Promise<void> => act({ do: own.value.state === 'out' ? 'login' : own.value.state === 'wrapup' ? 'wrapup-end' : 'ready' })

  /** Dial a number; what hinders it is told. */
  async function dial(to: string): Promise<boolean> {
    const wanted = to.replace(/[\s-]/g, '')
    if (!/^[0-9*#+]{1,32}$/.test(wanted)) trouble.value = say('desk.phone.noNumber')
    else if (!phone.registered) trouble.value = say('desk.phone.notDialled')
    else {
      trouble.value = ''
      layer.value = null
      return await phone.dial(wanted)
    }
    return false
  }

  /** F4: hold or take back; with a colleague on the phone, change over. */
  function swap(): void {
    if (phone.state.joined) return
    const { main, consult, open } = phone
    if (consult === null || main === null) phone.hold()
    else phone.hold(open?.id === consult.id ? main.id : consult.id)
  }

  /** F8: choose whom, or bring caller and colleague together once the colleague has been asked. */
  function transfer(): void {
    if (phone.consult?.stage === 'talking') phone.complete()
    else if (phone.main?.stage === 'talking' && phone.consult === null) toggle('transfer')
  }

  /** F10: all three, with who is on the phone already or who is chosen now. */
  function join(): void {
    if (phone.consult?.stage === 'talking') void phone.join()
    else if (phone.main?.stage === 'talking' && phone.consult === null) toggle('join')
  }

  const joins = ref(false)
  /** Ask a colleague while the caller hears music; `thenJoin`: three-way as soon as it is answered. */
  async function consult(to: string, thenJoin: boolean): Promise<void> {
    layer.value = null
    joins.value = thenJoin
    if (!phone.registered) trouble.value = say('desk.phone.notDialled')
    else await phone.dial(to, 'consult')
  }
  watch(
    () => phone.consult?.stage,
    (stage) => {
      if (stage === undefined) joins.value = false
      if (stage !== 'talking' || !joins.value) return
      joins.value = false
      void phone.join()
    },
  )

  // A transfer that failed is told where it was asked for: the caller is still here.
  watch(
    () => phone.main?.transfer,
    (asked) => {
      if (asked?.stage !== 'failed') return
      const to = live.agentsByNumber.get(asked.to)?.name ?? asked.to
      trouble.value = say(`desk.transfer.${NOT_MOVED.get(asked.code) ?? 'failed'}`, { to })
    },
  )
  // The colleague who was asked didn't take it: said once, and the caller is one key away.
  watch(
    () => phone.state.lastConsult,
    (ended) => {
      if (ended === null || ended.stage === 'talking' || ended.by === 'us' || ended.cause === 'transferred') return
      trouble.value = say(`desk.end.${ended.cause === 'network' ? 'networkOut' : ended.cause}`, { to: live.agentsByNumber.get(ended.number)?.name ?? ended.number })
    },
  )

  return { writeNote, dial, swap, transfer, join, consult, layer, asking, dialled, dialledCode, trouble, number, agent, own, groups, allowed, toggle, act, pause, ready }
})
