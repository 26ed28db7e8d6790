import type { Credentials, EndCause, PhoneEvent } from './model'

/**
 * A telephone that speaks to the engine. The one of the product is JsSIP (`sip.ts`); tests bring their own.
 * Every act names a call by its id; one that has ended is ignored. What happens is told by events.
 */
export interface SipPort {
  /** Connect and register; reconnects by itself until `stop`. */
  start(credentials: Credentials): void
  /** Leave. `orderly` takes the registration away; otherwise the line is just let go, so that nothing is said to a caller. */
  stop(orderly: boolean): void
  /** Place a call; its id. `about` is the call (over all its legs) for whose sake it is placed, or empty. */
  call(number: string, voice: MediaStream, about: string): string
  answer(id: string, voice: MediaStream): void
  /** End a call, or refuse one that rings (the caller goes on to the next agent). */
  hangUp(id: string): void
  /** Forget a call whose other end is gone, without a word to anybody. */
  drop(id: string): void
  hold(id: string, held: boolean): void
  keys(id: string, tones: string): void
  /** Blind transfer, or with `consultation` the joining of its other end with this call's. */
  transfer(id: string, number: string, consultation?: string): void
  /** Send another voice on a call: another microphone, or a mixture. */
  voice(id: string, track: MediaStreamTrack): Promise<void>
  /** The other side's voice, once there is one. */
  heard(id: string): MediaStream | null
}

/** What a port tells; times are added by who listens. */
type Timeless<E> = E extends { readonly at: number } ? Omit<E, 'at'> : E
export type PortEvent = Timeless<Exclude<PhoneEvent, { type: 'dial' | 'mute' | 'join' }>> | { readonly type: 'voice'; readonly id: string }

export type Listen = (event: PortEvent) => void
export type MakePort = (listen: Listen) => SipPort

/** Reasons of an end by the SIP answer code. */
export function causeOf(code: number | null): EndCause {
  switch (code ?? 0) {
    case 404:
    case 484:
    case 604:
      return 'unknown-number'
    case 486:
    case 600:
      return 'busy'
    case 408:
    case 480:
    case 487:
      return 'no-answer'
    case 403:
    case 603:
      return 'refused'
    case 488:
      return 'media'
    default:
      return 'failed'
  }
}
