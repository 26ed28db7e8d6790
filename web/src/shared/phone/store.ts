import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import { closeStream, findDevices, keepDevices, keptDevices, NoVoice, openMicrophone, sendTo, type Chosen, type Found, type VoiceTrouble } from './devices'
import { BACK_MS, forgetCall, forgetPhone, rememberCall, rememberedCall, rememberedPhone, rememberPhone } from './memory'
import { Mixer, silence } from './mixer'
import { idle, type Credentials, type PhoneCall, type PhoneEvent, type Purpose } from './model'
import type { Listen, PortEvent, SipPort } from './port'
import { consultation, mainCall, reduce, ringing, talks } from './reduce'
import { Ringer, tick } from './sound'
import { OneTab } from './tabs'
import { ApiError, ask } from '@/shared/api/client'
import { may } from '@/shared/rights'

/** The microphone is given back this long after the last call: the next one often follows at once. */
const RELEASE_MS = 5000
const CODE_MS = 8000
const RETRY_MS = 3000

const address = (): string => `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws`

async function jssip(listen: Listen): Promise<SipPort> {
  const { JsSipPort } = await import('./sip')
  return new JsSipPort(address(), listen)
}

/** The phone of this tab: its line, its calls, its voices. One for all pages. */
export const usePhone = defineStore('phone', () => {
  const state = shallowRef(idle(Date.now()))
  const chosen = ref<Chosen>(keptDevices())
  const found = shallowRef<Found>({ microphones: [], outputs: [] })
  const voiceTrouble = ref<VoiceTrouble | null>(null)
  /** The browser plays nothing before the page was clicked. */
  const mustClick = ref(false)
  /** The box's own words why there is no phone; null while there is nothing to say. */
  const refusal = shallowRef<ApiError | null>(null)
  /** The call that was under way before the page was loaded anew, and comes back by itself. */
  const comesBack = shallowRef(rememberedCall(Date.now()))
  const microphone = shallowRef<MediaStream | null>(null)
  /** Grows with every change of a voice, so that levels are drawn anew. */
  const voices = ref(0)

  let agent = ''
  let port: SipPort | null = null
  let tabs: OneTab | null = null
  let joining = false
  let mixer: Mixer | null = null
  let wasRegistered = false
  /** The password is that of before the reload; another page may have asked for a newer one since. */
  let usesKept = false
  let retry: ReturnType<typeof setTimeout> | undefined
  let release: ReturnType<typeof setTimeout> | undefined
  let opening: Promise<MediaStream> | null = null
  const ringer = new Ringer()
  const speakers = new Map<string, HTMLAudioElement>()
  const codes = new Map<string, (taken: boolean) => void>()
  const ticked = new Set<string>()

  const calls = computed(() => talks(state.value))
  const main = computed(() => mainCall(state.value))
  const consult = computed(() => consultation(state.value))
  const rings = computed(() => ringing(state.value))
  const open = computed(() => state.value.calls.find((call) => call.id === state.value.open) ?? null)
  const echo = computed(() => state.value.calls.find((call) => call.purpose === 'echo') ?? null)
  const registered = computed(() => state.value.line === 'registered')
  const inCall = computed(() => state.value.calls.some((call) => call.purpose !== 'code'))

  // --- what happens ---------------------------------------------------------------------------------

  function dispatch(event: PhoneEvent): void {
    const before = state.value
    const after = reduce(before, event)
    if (after === before) return
    state.value = after
    for (const call of before.calls) {
      if (!after.calls.some((one) => one.id === call.id)) left(call, event)
    }
    if (event.type === 'ring') came(event.id)
    if (after.open !== before.open || event.type === 'hold') oneVoice()
    remember()
    ring()
    if (before.joined && !after.joined) unmix()
    if (!inCall.value) {
      clearTimeout(release)
      release = setTimeout(() => {
        if (!inCall.value) giveMicrophoneBack()
      }, RELEASE_MS)
    }
  }

  function hear(event: PortEvent): void {
    const at = Date.now()
    if (event.type === 'voice') {
      voices.value += 1
      void play(event.id)
      return
    }
    if (event.type === 'line' && event.line === 'registered') {
      wasRegistered = true
      refusal.value = null
    }
    if (event.type === 'line' && event.line === 'refused') return void refused()
    if (event.type === 'talk') settleCode(event.id, true)
    dispatch({ ...event, at } as PhoneEvent)
  }

  /** A call has left the phone: its voice and its marks go with it. */
  function left(call: PhoneCall, event: PhoneEvent): void {
    if (event.type !== 'end') port?.drop(call.id)
    const speaker = speakers.get(call.id)
    if (speaker !== undefined) {
      speaker.srcObject = null
      speakers.delete(call.id)
    }
    settleCode(call.id, false)
    voices.value += 1
    if (call.purpose === 'code' || call.about.call === '' || call.stage !== 'talking') return
    // A leg that broke brings its caller back here; one that was ended doesn't.
    const broke = event.type === 'end' ? event.cause === 'network' : event.type === 'ring'
    if (!broke) forgetCall()
  }

  /** A call rings. One that was talked to here a moment ago, and whose leg was lost, is answered by itself. */
  function came(id: string): void {
    const call = state.value.calls.find((one) => one.id === id)
    if (call === undefined) return
    const mark = rememberedCall(Date.now())
    if (call.about.kind === 'again' && mark !== null && mark.call === call.about.call) {
      comesBack.value = null
      void answer(id)
    } else {
      void voice().catch(() => undefined)
    }
  }

  function remember(): void {
    const talking = state.value.calls.find((call) => call.stage === 'talking' && call.about.call !== '')
    if (talking !== undefined) rememberCall({ call: talking.about.call, number: talking.number, at: Date.now() })
  }
  setInterval(() => {
    remember()
    if (comesBack.value !== null && Date.now() - comesBack.value.at > BACK_MS) comesBack.value = null
  }, 2000)

  function ring(): void {
    const waiting = rings.value
    if (waiting === null) { ringer.stop(); return; }
    if (open.value !== null || state.value.calls.some((call) => call.stage === 'answering')) {
      ringer.stop()
      if (!ticked.has(waiting.id)) void tick(chosen.value.headset)
      ticked.add(waiting.id)
      return
    }
    void ringer.start(chosen.value.loudspeaker, chosen.value.ring).then((able) => { mustClick.value = !able })
  }

  /** One call is heard at a time; the others are held, unless they talk together. */
  function oneVoice(): void {
    if (joining || state.value.joined) return
    for (const call of state.value.calls) {
      if (call.stage === 'talking' && !call.held && call.purpose !== 'code' && call.id !== state.value.open) port?.hold(call.id, true)
    }
  }

  // --- the line -------------------------------------------------------------------------------------

  /** Whoever logged in as this agent gets the phone; called again for the same one it changes nothing. */
  function start(number: string): void {
    if (agent === number) return
    stop()
    agent = number
    dispatch({ type: 'line', line: 'starting', at: Date.now() })
    void refreshDevices()
    const locks = (navigator as { locks?: LockManager }).locks
    if (locks === undefined) return void connect()
    tabs = new OneTab({
      name: `linebox.phone.${number}`,
      locks,
      channel: new BroadcastChannel(`linebox.phone.${number}`),
      inCall: () => (state.value.calls.length === 0 ? null : (state.value.calls.find((call) => call.about.call !== '')?.about.call ?? '')),
      listener: {
        held: () => void connect(),
        lost: () => { leave('elsewhere') },
        elsewhere: (busy) => { leave(busy ? 'busy' : 'elsewhere') },
        handed: (call) => {
          if (call === '') return
          rememberCall({ call, number: '', at: Date.now() })
          comesBack.value = rememberedCall(Date.now())
        },
      },
    })
    tabs.want()
  }

  function leave(line: 'elsewhere' | 'busy' | 'replaced'): void {
    clearTimeout(retry)
    forgetCall()
    forgetPhone()
    wasRegistered = false
    port?.stop(false)
    port = null
    dispatch({ type: 'line', line, at: Date.now() })
  }

  async function connect(): Promise<void> {
    clearTimeout(retry)
    const whose = agent
    if (!may('phone.use')) {
      dispatch({ type: 'line', line: 'unreached', at: Date.now() })
      return
    }
    if (state.value.line !== 'starting') dispatch({ type: 'line', line: 'starting', at: Date.now() })
    try {
      const kept = rememberedPhone(agent, Date.now())
      const credentials = kept ?? (await ask<Credentials>('/api/phone', { method: 'POST', body: {}, limitMs: 6000 }))
      usesKept = kept !== null
      const made = await jssip((event) => {
        if (port === made) hear(event)
      })
      if (agent !== whose || agent === '') return
      port?.stop(false)
      port = made
      rememberPhone(credentials)
      made.start(credentials)
    } catch (error) {
      if (agent !== whose) return
      refusal.value = error instanceof ApiError ? error : null
      dispatch({ type: 'line', line: 'unreached', at: Date.now() })
      retry = setTimeout(() => void connect(), RETRY_MS)
    }
  }

  /** The engine refuses the password: another log-in has got a newer one, or it was never taken. */
  async function refused(): Promise<void> {
    const { line } = state.value
    forgetPhone()
    if (line === 'registered' || line === 'lost' || (line === 'starting' && wasRegistered)) {
      leave('replaced')
      return
    }
    if (usesKept) return connect()
    wasRegistered = false
    port?.stop(false)
    port = null
    dispatch({ type: 'line', line: 'refused', at: Date.now() })
    await new Promise((resolve) => { retry = setTimeout(resolve, RETRY_MS) })
    if (state.value.line === 'refused' && agent !== '') await connect()
  }

  /** Use the phone in this tab, although it is in use somewhere else. */
  function takeHere(): void {
    wasRegistered = false
    forgetPhone()
    if (state.value.line === 'replaced' || tabs === null) void connect()
    else tabs.take()
  }

  /** The log-in has ended: leave in good order. */
  function stop(): void {
    clearTimeout(retry)
    if (agent !== '') {
      forgetCall()
      forgetPhone()
    }
    agent = ''
    tabs?.close()
    tabs = null
    const old = port
    port = null
    old?.stop(true)
    dispatch({ type: 'line', line: 'off', at: Date.now() })
  }

  // --- voices ---------------------------------------------------------------------------------------

  /** The open microphone; throws `NoVoice`, and the page says why. */
  async function voice(): Promise<MediaStream> {
    const track = microphone.value?.getAudioTracks()[0]
    if (microphone.value !== null && track?.readyState === 'live') return microphone.value
    opening ??= openMicrophone(chosen.value.microphone).finally(() => { opening = null })
    try {
      const stream = await opening
      microphone.value = stream
      voiceTrouble.value = null
      applyMute()
      // A headset that is pulled out falls silent, and a silent leg is lost after seconds: another one takes its place at once.
      stream.getAudioTracks()[0]?.addEventListener('ended', () => void speakInto())
      void refreshDevices()
      return stream
    } catch (error) {
      voiceTrouble.value = error instanceof NoVoice ? error.trouble : 'failed'
      throw error
    }
  }

  function giveMicrophoneBack(): void {
    closeStream(microphone.value)
    microphone.value = null
    voices.value += 1
  }

  function applyMute(): void {
    for (const track of microphone.value?.getAudioTracks() ?? []) track.enabled = !state.value.muted
  }

  async function play(id: string): Promise<void> {
    const stream = port?.heard(id) ?? null
    const call = state.value.calls.find((one) => one.id === id)
    // The word that answers a code isn't for a caller's ears, nor over a caller's voice.
    if (stream === null || (call?.purpose === 'code' && open.value !== null)) return
    const speaker = speakers.get(id) ?? new Audio()
    speakers.set(id, speaker)
    speaker.srcObject = stream
    await sendTo(speaker, chosen.value.headset)
    await speaker.play().then(() => { mustClick.value = false }, (error: unknown) => { mustClick.value ||= error instanceof DOMException && error.name === 'NotAllowedError' })
  }

  /** The page was clicked: what could not be played is played now. */
  function clicked(): void {
    mustClick.value = false
    for (const speaker of speakers.values()) void speaker.play().catch(() => undefined)
    ringer.stop()
    ring()
  }

  async function refreshDevices(): Promise<void> {
    found.value = await findDevices()
  }

  async function choose(next: Chosen): Promise<void> {
    const before = chosen.value
    chosen.value = next
    keepDevices(next)
    for (const speaker of speakers.values()) void sendTo(speaker, next.headset)
    if (next.microphone === before.microphone || microphone.value === null) return
    closeStream(microphone.value)
    await speakInto()
  }

  /** Open the microphone anew and speak into it wherever the old one was used. */
  async function speakInto(): Promise<void> {
    microphone.value = null
    if (!inCall.value) return
    const stream = await voice().catch(() => null)
    const [track] = stream?.getAudioTracks() ?? []
    if (stream === null || track === undefined) return
    if (mixer !== null) mixer.speak(stream)
    else for (const call of state.value.calls) if (call.purpose !== 'code') await port?.voice(call.id, track)
  }

  function heard(id: string): MediaStream | null {
    return port?.heard(id) ?? null
  }

  // --- what the agent does --------------------------------------------------------------------------

  async function answer(id = rings.value?.id): Promise<void> {
    if (id === undefined || port === null) return
    try {
      const stream = await voice()
      port.answer(id, stream)
    } catch {
      // `voiceTrouble` says why; the call goes on ringing, and to the next agent in time.
    }
  }

  /** Place a call; false when it can't be placed, and the page says why. */
  async function dial(number: string, purpose: Exclude<Purpose, 'code'> = 'talk'): Promise<boolean> {
    const wanted = number.replace(/[\s-]/g, '')
    if (!/^[0-9*#+]{1,32}$/.test(wanted) || port === null || !registered.value) return false
    try {
      const stream = await voice()
      for (const call of state.value.calls) if (call.id === state.value.open) port.hold(call.id, true)
      const id = port.call(wanted, stream, purpose === 'consult' ? (main.value?.about.call ?? '') : '')
      dispatch({ type: 'dial', id, number: wanted, purpose, at: Date.now() })
      return true
    } catch {
      return false
    }
  }

  /** Dial a feature code for a button, beside whatever goes on; true when the engine took it. */
  async function code(number: string): Promise<boolean> {
    if (port === null || !registered.value) return false
    const { stream, close } = silence()
    const id = port.call(number, stream, '')
    const taken = new Promise<boolean>((resolve) => codes.set(id, resolve))
    dispatch({ type: 'dial', id, number, purpose: 'code', at: Date.now() })
    const limit = setTimeout(() => { settleCode(id, false) }, CODE_MS)
    setTimeout(() => {
      port?.hangUp(id)
      close()
    }, CODE_MS + 2000)
    const answer = await taken
    clearTimeout(limit)
    return answer
  }

  function settleCode(id: string, taken: boolean): void {
    codes.get(id)?.(taken)
    codes.delete(id)
  }

  function hangUp(id = (rings.value ?? open.value ?? calls.value.at(-1))?.id): void {
    if (id === undefined) return
    const { calls: all, joined } = state.value
    // Three together end together.
    if (joined && id === state.value.open) for (const call of all) if (call.purpose !== 'code') port?.hangUp(call.id)
    port?.hangUp(id)
  }

  /** Hold what is heard, or take back what is held; with two calls, change over. */
  function hold(id?: string): void {
    const call = state.value.calls.find((one) => one.id === (id ?? state.value.open)) ?? calls.value.find((one) => one.held)
    if (call?.stage === 'talking') port?.hold(call.id, !call.held)
  }

  function mute(muted = !state.value.muted): void {
    dispatch({ type: 'mute', muted })
    applyMute()
  }

  function press(tones: string): void {
    const id = state.value.open
    if (id !== null && /^[0-9*#A-D]+$/.test(tones)) port?.keys(id, tones)
  }

  /** Blind: the caller is sent on, and leaves this phone once the engine has agreed. */
  function transfer(number: string): void {
    const call = main.value
    if (call?.stage === 'talking') port?.transfer(call.id, number)
  }

  /** Attended: caller and colleague are brought together; this phone leaves. */
  function complete(): void {
    const [call, other] = [main.value, consult.value]
    if (call?.stage !== 'talking' || other?.stage !== 'talking') return
    unmix()
    port?.transfer(call.id, other.number, other.id)
  }

  /** All three in one talk. */
  async function join(): Promise<void> {
    const [call, other] = [main.value, consult.value]
    if (call?.stage !== 'talking' || other?.stage !== 'talking' || joining || state.value.joined) return
    joining = true
    try {
      for (const one of [call, other]) if (one.held) port?.hold(one.id, false)
      const bothOpen = (): boolean => [call.id, other.id].every((id) => state.value.calls.some((one) => one.id === id && !one.held))
      for (let n = 0; n < 30 && !bothOpen(); n++) await new Promise((resolve) => setTimeout(resolve, 100))
      const [first, second] = [heard(call.id), heard(other.id)]
      if (!bothOpen() || first === null || second === null) return
      mixer = new Mixer(await voice(), first, second)
      const [toFirst, toSecond] = mixer.tracks
      if (toFirst !== undefined) await port?.voice(call.id, toFirst)
      if (toSecond !== undefined) await port?.voice(other.id, toSecond)
      dispatch({ type: 'join', joined: true })
    } finally {
      joining = false
      oneVoice()
    }
  }

  function unmix(): void {
    mixer?.close()
    mixer = null
    const [track] = microphone.value?.getAudioTracks() ?? []
    if (track !== undefined) for (const call of state.value.calls) if (call.stage === 'talking' && call.purpose !== 'code') void port?.voice(call.id, track)
    if (state.value.joined) dispatch({ type: 'join', joined: false })
    oneVoice()
  }

  return {
    state, calls, main, consult, rings, open, echo, registered, inCall, chosen, found, voiceTrouble, mustClick, refusal, comesBack, microphone, voices,
    start, stop, takeHere, reconnect: connect, voice, giveMicrophoneBack, refreshDevices, choose, heard, clicked,
    answer, dial, code, hangUp, hold, mute, press, transfer, complete, join,
  }
})
