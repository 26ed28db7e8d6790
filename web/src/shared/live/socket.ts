import type { Message, Snapshot } from './model'
import { reduce } from './reduce'

/** The part of WebSocket that is used; tests bring their own. */
export interface Wire {
  addEventListener(type: 'message', listen: (event: { readonly data: unknown }) => void): void
  addEventListener(type: 'open' | 'close', listen: () => void): void
  close(): void
}

export interface LiveListener {
  /** A new picture of the box. */
  picture(snapshot: Snapshot): void
  /** Any message came, with the box's time in it. */
  heard(at: string): void
  /** The line stands (again): the picture is as it is now, or will be with the next message. */
  connected(): void
  /** The connection broke, or could not be made; it is tried again by itself. */
  lost(): void
}

export interface Pulse {
  readonly epoch: string
  readonly seq: number
  readonly at: string
}

interface Wiring {
  open(query: string): Wire
  /** The box's number and time, asked beside the line; rejects when it doesn't answer. */
  probe(): Promise<Pulse>
  listener: LiveListener
  /** Milliseconds without a message after which the box is asked beside the line whether it lives. */
  silenceMs?: () => number
  random?: () => number
}

const FIRST_RETRY_MS = 300
const LAST_RETRY_MS = 5000

/**
 * The live line: keeps one WebSocket open, resumes where it broke (`?after=seq&epoch=`), and asks for
 * everything anew after a gap. An epoch is one life of the box's counter: when it differs, the box
 * sends a whole snapshot whatever was asked.
 */
export class LiveSocket {
  private wire: Wire | null = null
  private snapshot: Snapshot | null = null
  private tries = 0
  private spoken = false
  private retryTimer: ReturnType<typeof setTimeout> | undefined
  private silenceTimer: ReturnType<typeof setTimeout> | undefined
  private readonly silenceMs: () => number
  private readonly random: () => number

  constructor(private readonly wiring: Wiring) {
    this.silenceMs = wiring.silenceMs ?? (() => 8000)
    this.random = wiring.random ?? Math.random
  }

  start(): void {
    if (this.wire !== null) return
    clearTimeout(this.retryTimer)
    this.spoken = false
    const wire = this.wiring.open(this.query())
    this.wire = wire
    this.listenForSilence()
    wire.addEventListener('open', () => {
      if (this.wire === wire && this.snapshot !== null) this.stands()
    })
    wire.addEventListener('message', ({ data }) => {
      if (this.wire === wire && typeof data === 'string') this.receive(data)
    })
    wire.addEventListener('close', () => {
      if (this.wire === wire) this.broke()
    })
  }

  stop(): void {
    clearTimeout(this.retryTimer)
    clearTimeout(this.silenceTimer)
    const wire = this.wire
    this.wire = null
    this.snapshot = null
    wire?.close()
  }

  /** Try at once instead of waiting: the network came back, or the page is looked at again. */
  nudge(): void {
    if (this.wire === null && this.tries > 0) this.start()
  }

  private query(): string {
    if (this.snapshot === null) return ''
    return `?after=${this.snapshot.seq}&epoch=${encodeURIComponent(this.snapshot.epoch)}`
  }

  private receive(text: string): void {
    const message = JSON.parse(text) as Message
    this.listenForSilence()
    this.wiring.listener.heard(message.at)
    this.stands()
    const outcome = reduce(this.snapshot, message)
    if (outcome.kind === 'changed') this.show(outcome.snapshot)
    if (outcome.kind === 'gap') this.startAfresh()
  }

  private stands(): void {
    if (this.spoken) return
    this.spoken = true
    this.tries = 0
    this.wiring.listener.connected()
  }

  private show(snapshot: Snapshot): void {
    this.snapshot = snapshot
    this.wiring.listener.picture(snapshot)
  }

  private startAfresh(): void {
    this.snapshot = null
    const wire = this.wire
    this.wire = null
    wire?.close()
    this.start()
  }

  private broke(): void {
    clearTimeout(this.silenceTimer)
    this.wire = null
    this.tries += 1
    this.wiring.listener.lost()
    const wait = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** (this.tries - 1))
    this.retryTimer = setTimeout(() => {
      this.start()
    }, wait * (0.75 + this.random() / 2))
  }

  /** A quiet box sends nothing, a dead line neither: ask beside it, and give up a line that missed news. */
  private listenForSilence(): void {
    clearTimeout(this.silenceTimer)
    this.silenceTimer = setTimeout(() => void this.askBeside(), this.silenceMs())
  }

  private async askBeside(): Promise<void> {
    const wire = this.wire
    if (wire === null) return
    const before = this.snapshot
    const pulse = await this.wiring.probe().catch(() => null)
    if (this.wire !== wire) return
    const alive = pulse !== null && before !== null && pulse.epoch === before.epoch && (pulse.seq === before.seq || this.snapshot !== before)
    if (alive) {
      this.wiring.listener.heard(pulse.at)
      this.listenForSilence()
      return
    }
    this.broke()
    wire.close()
  }
}
