import { computed, ref, shallowRef, type ComputedRef } from 'vue'

/**
 * The box's clock, learnt from the times in its messages. A message is always a little older than it
 * says when it arrives, so the greatest difference of the last ones is nearest to the truth.
 */
export class Offset {
  private readonly samples: number[] = []

  constructor(private readonly keep = 32) {}

  /** Note that the box said `boxMs` when this device's clock showed `deviceMs`. */
  learn(boxMs: number, deviceMs: number): void {
    if (!Number.isFinite(boxMs)) return
    this.samples.push(boxMs - deviceMs)
    if (this.samples.length > this.keep) this.samples.shift()
  }

  /** Milliseconds to add to this device's clock; 0 before the first message. */
  get ms(): number {
    return this.samples.length === 0 ? 0 : Math.max(...this.samples)
  }
}

const offset = new Offset()
const tick = shallowRef(Date.now())
const stoppedAt = ref<number | null>(null)
let timer: ReturnType<typeof setTimeout> | undefined

/** The box's time now, in milliseconds; not reactive. */
export const boxNow = (): number => Date.now() + offset.ms

function beat(): void {
  const now = boxNow()
  tick.value = now
  timer = setTimeout(beat, 1000 - (now % 1000) + 4)
}

export function learnTime(at: string): void {
  const before = offset.ms
  offset.learn(Date.parse(at), Date.now())
  if (timer === undefined || Math.abs(offset.ms - before) > 200) {
    clearTimeout(timer)
    beat()
  }
}

/** Every running clock of the page stops here until `resumeClocks`. */
export function stopClocks(): void {
  stoppedAt.value ??= boxNow()
}

export function resumeClocks(): void {
  stoppedAt.value = null
  tick.value = boxNow()
}

/** The box's time for clocks on the page: ticks once a second, stands still while disconnected. */
export const clockNow: ComputedRef<number> = computed(() => stoppedAt.value ?? tick.value)

/** The box's time that goes on while disconnected, for telling how long that lasts. */
export const runningNow: ComputedRef<number> = computed(() => tick.value)

/** Whole seconds from `since` to the page's clock, never negative. */
export const secondsSince = (since: string, now: number): number => Math.max(0, Math.floor((now - Date.parse(since)) / 1000))

/** Whole seconds from the page's clock to `until`, never negative. */
export const secondsUntil = (until: string, now: number): number => Math.max(0, Math.ceil((Date.parse(until) - now) / 1000))
