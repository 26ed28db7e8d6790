import { onScopeDispose, ref, shallowRef, type Ref } from 'vue'
import { ApiError, ask } from '@/shared/api/client'
import type { RecordingPeaks } from '@/shared/api/shapes'
import { drawn, type Peaks } from './peaks'

export type Side = 'both' | 'caller' | 'ours'
export const SPEEDS = [0.75, 1, 1.25, 1.5, 2] as const

/** A recording being heard: it comes in parts as it is played, from when somebody asks to hear it, because the box notes who did. */
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

/** Why a sound doesn't come, in the box's words; null when it would come. */
async function refusal(url: string, signal: AbortSignal): Promise<ApiError | null> {
  const answer = await fetch(url, { credentials: 'same-origin', signal, headers: { Range: 'bytes=0-0' } })
  if (answer.ok) return null
  const said = (await answer.json().catch(() => null)) as { code: string; fields: Record<string, unknown>; zh: string; en: string } | null
  return new ApiError(answer.status, said?.code ?? 'unexpected', said?.fields ?? {}, { zh: said?.zh ?? '', en: said?.en ?? '' })
}

/** Play the sound behind `url`; `seconds` is its length as the box knows it, `picture` where its peaks are. Ends with the component. */
export function useSound(url: string, seconds: number | null, picture?: string): Sound {
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
    playing.value = false
    refusal(url, leaving.signal).then(
      (why) => { failure.value = why },
      () => undefined, // Out of reach: the page says so by itself.
    )
  })

  async function draw(from: string): Promise<void> {
    try {
      peaks.value = drawn(await ask<RecordingPeaks>(from, { signal: leaving.signal }))
    } catch {
      // Without its picture a recording is heard all the same.
    }
  }
  if (picture !== undefined) void draw(picture)

  function load(): void {
    state.value = 'loading'
    failure.value = null
    audio.src = url
    audio.preload = 'auto'
    audio.playbackRate = speed.value
    audio.preservesPitch = true
    if (position.value > 0) audio.currentTime = position.value
  }
  audio.addEventListener('canplay', () => {
    state.value = 'ready'
  })

  async function toggle(): Promise<void> {
    if (state.value === 'idle' || state.value === 'failed') load()
    else if (!audio.paused) {
      audio.pause()
      return
    }
    if (audio.ended) audio.currentTime = 0
    await audio.play().catch(() => undefined) // Broken off by a pause or by leaving; an error has told itself.
  }

  function seek(to: number): void {
    const held = Math.min(Math.max(0, to), duration.value)
    position.value = held
    if (audio.readyState > 0) audio.currentTime = held
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
    audio.removeAttribute('src')
    audio.load()
    void graph?.context.close()
  })

  return { state, failure, playing, position, duration, speed, side, peaks, toggle, seek, setSpeed, setSide, pause: () => { audio.pause() } }
}
