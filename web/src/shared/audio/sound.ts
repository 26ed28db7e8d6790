import { onScopeDispose, ref, shallowRef, type Ref } from 'vue'
import { ApiError } from '@/shared/api/client'
import { peaksOf, type Peaks } from './peaks'

export type Side = 'both' | 'caller' | 'ours'
export const SPEEDS = [0.8, 1, 1.3, 1.6] as const

/** Longer recordings are played without a picture: decoding them would take hundreds of MB. */
const DRAWN_AT_MOST_S = 45 * 60
const COLUMNS = 900

/** A recording being heard: fetched once, when somebody asks to hear it, because the box notes who did. */
export interface Sound {
  readonly state: Ref<'idle' | 'loading' | 'ready' | 'failed'>
  readonly failure: Ref<ApiError | null>
  readonly playing: Ref<boolean>
  /** Seconds from the recording's start. */
  readonly position: Ref<number>
  readonly duration: Ref<number>
  readonly speed: Ref<number>
  readonly side: Ref<Side>
  /** What each channel looks like; null until it is known. */
  readonly peaks: Ref<Peaks | null>
  toggle(): Promise<void>
  seek(seconds: number): void
  setSpeed(speed: number): void
  setSide(side: Side): void
  pause(): void
}

async function fetchBytes(url: string, signal: AbortSignal): Promise<ArrayBuffer> {
  const answer = await fetch(url, { credentials: 'same-origin', signal })
  if (answer.ok) return answer.arrayBuffer()
  const said = (await answer.json().catch(() => null)) as { code: string; fields: Record<string, unknown>; zh: string; en: string } | null
  throw new ApiError(answer.status, said?.code ?? 'unexpected', said?.fields ?? {}, { zh: said?.zh ?? '', en: said?.en ?? '' })
}

/** Play the sound behind `url`; `seconds` is its length as the box knows it. Ends with the component. */
export function useSound(url: string, seconds: number | null): Sound {
  const audio = new Audio()
  const state: Sound['state'] = ref('idle')
  const failure = shallowRef<ApiError | null>(null)
  const playing = ref(false)
  const position = ref(0)
  const duration = ref(seconds ?? 0)
  const speed = ref(1)
  const side = ref<Side>('both')
  const peaks = shallowRef<Peaks | null>(null)
  const leaving = new AbortController()
  let graph: { context: AudioContext; source: MediaElementAudioSourceNode; splitter: ChannelSplitterNode } | null = null
  let frame = 0

  const follow = (): void => {
    position.value = audio.currentTime
    if (!audio.paused) frame = requestAnimationFrame(follow)
  }
  audio.addEventListener('play', () => {
    playing.value = true
    follow()
  })
  audio.addEventListener('pause', () => {
    playing.value = false
    position.value = audio.currentTime
  })
  audio.addEventListener('durationchange', () => {
    if (Number.isFinite(audio.duration)) duration.value = audio.duration
  })
  audio.addEventListener('error', () => {
    state.value = 'failed'
  })

  async function draw(bytes: ArrayBuffer): Promise<void> {
    if (duration.value > DRAWN_AT_MOST_S) return
    try {
      const decoded = await new OfflineAudioContext(2, 1, 8000).decodeAudioData(bytes)
      peaks.value = peaksOf(decoded, COLUMNS)
    } catch {
      // A browser that plays the format but can't decode it shows no waves; the sound is what counts.
    }
  }

  async function load(): Promise<void> {
    state.value = 'loading'
    failure.value = null
    try {
      const bytes = await fetchBytes(url, leaving.signal)
      audio.src = URL.createObjectURL(new Blob([bytes]))
      audio.playbackRate = speed.value
      audio.currentTime = position.value
      state.value = 'ready'
      void draw(bytes)
    } catch (error) {
      if (error instanceof ApiError) failure.value = error
      state.value = 'failed'
    }
  }

  async function toggle(): Promise<void> {
    if (state.value === 'loading') return
    if (state.value !== 'ready') await load()
    // `load` may have failed meanwhile.
    if ((state.value as Sound['state']['value']) !== 'ready') return
    if (!audio.paused) {
      audio.pause()
      return
    }
    if (audio.ended) audio.currentTime = 0
    await audio.play().catch(() => {
      if (!leaving.signal.aborted && audio.error !== null) state.value = 'failed'
    })
  }

  function seek(to: number): void {
    const held = Math.min(Math.max(0, to), duration.value)
    position.value = held
    if (state.value === 'ready') audio.currentTime = held
  }

  function setSpeed(next: number): void {
    speed.value = next
    audio.playbackRate = next
  }

  /** One voice goes to both ears; both voices stay left and right. */
  function setSide(next: Side): void {
    side.value = next
    if (graph === null) {
      if (next === 'both') return
      const context = new AudioContext()
      graph = { context, source: context.createMediaElementSource(audio), splitter: context.createChannelSplitter(2) }
    }
    const { context, source, splitter } = graph
    source.disconnect()
    splitter.disconnect()
    if (next === 'both') source.connect(context.destination)
    else {
      const merger = context.createChannelMerger(2)
      source.connect(splitter)
      for (const ear of [0, 1]) splitter.connect(merger, next === 'caller' ? 0 : 1, ear)
      merger.connect(context.destination)
    }
    void context.resume()
  }

  onScopeDispose(() => {
    leaving.abort()
    cancelAnimationFrame(frame)
    audio.pause()
    if (audio.src !== '') URL.revokeObjectURL(audio.src)
    void graph?.context.close()
  })

  return { state, failure, playing, position, duration, speed, side, peaks, toggle, seek, setSpeed, setSide, pause: () => { audio.pause() } }
}
