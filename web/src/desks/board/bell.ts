/** The supervisor's alarm: two notes, once a cause, muted 10 minutes by one click (look.md). */
import { computed, ref } from 'vue'
import { boxNow, runningNow } from '@/shared/live/clock'

const MUTE_MS = 600_000
/** A figure that swings about its line sounds no oftener. */
const AGAIN_MS = 600_000
const KEY = 'linebox.board.muted-until'

const mutedUntil = ref(Number(localStorage.getItem(KEY) ?? 0))
export const muted = computed(() => mutedUntil.value > runningNow.value)
export const mutedTo = computed(() => mutedUntil.value)

export function mute(): void {
  mutedUntil.value = boxNow() + MUTE_MS
  localStorage.setItem(KEY, String(mutedUntil.value))
}
export function unmute(): void {
  mutedUntil.value = 0
  localStorage.removeItem(KEY)
}

/** Remembers which causes have sounded. Pure but for `now`. */
export class Causes {
  private readonly sounded = new Map<string, number>()
  private standing = new Set<string>()

  /** True when a cause stands that neither stood before nor sounded within ten minutes. */
  fresh(causes: readonly string[], now: number): boolean {
    const news = causes.filter((cause) => !this.standing.has(cause) && now - (this.sounded.get(cause) ?? -Infinity) > AGAIN_MS)
    this.standing = new Set(causes)
    for (const [cause, at] of this.sounded) if (now - at > AGAIN_MS) this.sounded.delete(cause)
    for (const cause of news) this.sounded.set(cause, now)
    return news.length > 0
  }
}

let context: AudioContext | null = null

/** Two soft notes, a fourth down. A browser that hasn't been clicked in yet stays silent. */
export function ring(): void {
  if (!navigator.userActivation.hasBeenActive) return
  context ??= new AudioContext()
  const { currentTime } = context
  if (context.state === 'suspended') void context.resume()
  for (const [hz, at] of [[784, 0.02], [587, 0.24]] as const) {
    const note = context.createOscillator()
    const loudness = context.createGain()
    note.frequency.value = hz
    loudness.gain.setValueAtTime(0, currentTime + at)
    loudness.gain.linearRampToValueAtTime(0.16, currentTime + at + 0.02)
    loudness.gain.exponentialRampToValueAtTime(0.001, currentTime + at + 0.4)
    note.connect(loudness).connect(context.destination)
    note.start(currentTime + at)
    note.stop(currentTime + at + 0.45)
  }
}
