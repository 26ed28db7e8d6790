/** Sounds that the phone makes itself: the ring, the tick of a second call, and the levels of voices. */
import { sendTo } from './devices'

const RATE = 16_000

/** A WAV of one channel from samples of −1…1. */
function wav(samples: Float32Array): Blob {
  const bytes = new DataView(new ArrayBuffer(44 + samples.length * 2))
  const text = (at: number, word: string): void => {
    for (let n = 0; n < word.length; n++) bytes.setUint8(at + n, word.charCodeAt(n))
  }
  text(0, 'RIFF')
  bytes.setUint32(4, 36 + samples.length * 2, true)
  text(8, 'WAVEfmt ')
  bytes.setUint32(16, 16, true)
  bytes.setUint16(20, 1, true)
  bytes.setUint16(22, 1, true)
  bytes.setUint32(24, RATE, true)
  bytes.setUint32(28, RATE * 2, true)
  bytes.setUint16(32, 2, true)
  bytes.setUint16(34, 16, true)
  text(36, 'data')
  bytes.setUint32(40, samples.length * 2, true)
  samples.forEach((value, n) => {
    bytes.setInt16(44 + n * 2, Math.round(Math.max(-1, Math.min(1, value)) * 32_000), true)
  })
  return new Blob([bytes.buffer], { type: 'audio/wav' })
}

/** A struck note: soft attack, decaying, with one overtone. */
function note(into: Float32Array, atS: number, hz: number, lengthS: number, loudness: number): void {
  const first = Math.round(atS * RATE)
  for (let n = 0; n < lengthS * RATE && first + n < into.length; n++) {
    const t = n / RATE
    const shape = Math.min(1, t / 0.02) * Math.exp(-t * 4.5)
    into[first + n] = (into[first + n] ?? 0) + loudness * shape * (Math.sin(2 * Math.PI * hz * t) + 0.25 * Math.sin(4 * Math.PI * hz * t))
  }
}

/** Two notes, a pause: 2 s that repeat. */
export function ringSound(): Blob {
  const samples = new Float32Array(RATE * 2)
  note(samples, 0, 659.3, 0.7, 0.5)
  note(samples, 0.22, 880, 0.9, 0.5)
  return wav(samples)
}

export function tickSound(): Blob {
  const samples = new Float32Array(RATE / 2)
  note(samples, 0, 880, 0.3, 0.3)
  return wav(samples)
}

/** The ring on the loudspeaker: begins softly, is at full loudness after three seconds. */
export class Ringer {
  private readonly element = new Audio()
  private timer: ReturnType<typeof setInterval> | undefined
  private url: string | null = null

  /** False when the browser won't play before the page was clicked. */
  async start(output: string, loudness: number): Promise<boolean> {
    if (this.timer !== undefined) return true
    this.url ??= URL.createObjectURL(ringSound())
    const { element } = this
    if (element.src === '') element.src = this.url
    element.loop = true
    element.volume = loudness * 0.2
    const began = Date.now()
    this.timer = setInterval(() => {
      element.volume = loudness * Math.min(1, 0.2 + (0.8 * (Date.now() - began)) / 3000)
    }, 250)
    await sendTo(element, output)
    try {
      await element.play()
      return true
    } catch (error) {
      // Stopped while it was about to begin is no trouble.
      return !(error instanceof DOMException && error.name === 'NotAllowedError')
    }
  }

  stop(): void {
    clearInterval(this.timer)
    this.timer = undefined
    this.element.pause()
    this.element.currentTime = 0
  }
}

/** One tick in the headset: a second call rings while the first is talked to. */
export async function tick(output: string): Promise<void> {
  const url = URL.createObjectURL(tickSound())
  const element = new Audio(url)
  await sendTo(element, output)
  element.addEventListener('ended', () => { URL.revokeObjectURL(url) })
  await element.play().catch(() => undefined)
}

/** How loud a voice is, 0–1, asked as often as it is drawn. */
export class Meter {
  private readonly context = new AudioContext()
  private readonly analyser = this.context.createAnalyser()
  private readonly samples: Float32Array<ArrayBuffer>

  constructor(stream: MediaStream) {
    this.analyser.fftSize = 512
    this.samples = new Float32Array(this.analyser.fftSize)
    this.context.createMediaStreamSource(stream).connect(this.analyser)
    if (this.context.state === 'suspended') void this.context.resume()
  }

  /** −60 dB counts as nothing, −6 dB as all. */
  level(): number {
    this.analyser.getFloatTimeDomainData(this.samples)
    const power = this.samples.reduce((sum, value) => sum + value * value, 0) / this.samples.length
    if (power === 0) return 0
    return Math.max(0, Math.min(1, (10 * Math.log10(power) + 60) / 54))
  }

  close(): void {
    void this.context.close()
  }
}
