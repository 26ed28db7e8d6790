/** The telephone of the product: JsSIP over the box's own address (`/ws`). The only module that knows JsSIP. */
import { C, UA, WebSocketInterface } from 'jssip'
import type { IncomingRequest, IncomingResponse } from 'jssip/lib/SIPMessage'
import type { EndEvent, RTCSession } from 'jssip/lib/RTCSession'
import { readAbout } from './headers'
import type { Credentials, EndCause } from './model'
import { causeOf, type Listen, type SipPort } from './port'

/** Seconds a registration holds; it is renewed 5 s before. A phone that was replaced elsewhere learns of it by then. */
const REGISTER_S = 60
const RETRY_S = { connection_recovery_min_interval: 1, connection_recovery_max_interval: 4 }
/** Addresses over UDP come together; the browser takes 100 ms more for TCP, which the box doesn't speak. One that comes
 *  later isn't lost: the engine learns it from the browser's own checks. */
const GATHER_MS = 20
const MEDIA: RTCConfiguration = { iceServers: [], bundlePolicy: 'max-bundle' }

/** A socket that can fall silent, so that a phone can leave without a word. */
class Line extends WebSocketInterface {
  silent = false
  override send(message: string | ArrayBufferLike | Blob | ArrayBufferView): boolean {
    return this.silent || super.send(message)
  }
}

/** JsSIP's words for why a call ended. */
const why = C.causes as unknown as Readonly<Record<'CANCELED' | 'REJECTED' | 'USER_DENIED_MEDIA_ACCESS' | 'WEBRTC_ERROR' | 'BAD_MEDIA_DESCRIPTION' | 'CONNECTION_ERROR' | 'REQUEST_TIMEOUT' | 'RTP_TIMEOUT', string>>

const statusOf = (message: IncomingRequest | IncomingResponse | null | undefined): number | null =>
  message !== null && message !== undefined && 'status_code' in message ? message.status_code : null

function failure({ originator, message, cause }: { originator: string; message: EndEvent['message']; cause: string }): EndCause {
  if (cause === why.CANCELED) return originator === 'local' ? 'normal' : 'no-answer'
  if (cause === why.REJECTED && originator === 'local') return 'refused'
  if (cause === why.USER_DENIED_MEDIA_ACCESS || cause === why.WEBRTC_ERROR || cause === why.BAD_MEDIA_DESCRIPTION) return 'media'
  if (cause === why.CONNECTION_ERROR || cause === why.REQUEST_TIMEOUT) return 'network'
  return causeOf(statusOf(message))
}

export class JsSipPort implements SipPort {
  private agent: UA | null = null
  private line: Line | null = null
  private realm = ''
  private registered = false
  private readonly sessions = new Map<string, RTCSession>()
  private readonly voices = new Map<string, MediaStream>()
  private readonly transferred = new Set<string>()

  constructor(
    private readonly address: string,
    private readonly listen: Listen,
  ) {}

  start({ user, password, realm }: Credentials): void {
    this.stop(false)
    this.realm = location.hostname
    const line = new Line(this.address)
    const agent = new UA({
      sockets: [line], uri: `sip:${user}@${this.realm}`, authorization_user: user, password, realm,
      register: true, register_expires: REGISTER_S, session_timers: false, no_answer_timeout: 120, user_agent: 'Linebox', ...RETRY_S,
    })
    const now = (act: () => void) => (): void => {
      if (this.agent === agent) act()
    }
    agent.on('registered', now(() => {
      this.registered = true
      this.listen({ type: 'line', line: 'registered' })
    }))
    // The box says that the password may have gone: whether it has, the engine tells whoever registers anew.
    agent.on('sipEvent', ({ request }) => {
      if (this.agent === agent && request.getHeader('Event') === 'linebox-password') agent.register()
    })
    agent.on('disconnected', now(() => {
      this.listen({ type: 'line', line: this.registered ? 'lost' : 'unreached' })
    }))
    agent.on('registrationFailed', ({ response }) => {
      if (this.agent !== agent) return
      // No answer (the socket broke, or the engine is just starting) is tried again; a refusal isn't cured by asking again.
      const status = statusOf(response)
      if (status === 401 || status === 403 || status === 404) this.listen({ type: 'line', line: 'refused' })
      else this.listen({ type: 'line', line: this.registered ? 'lost' : 'unreached' })
    })
    agent.on('newRTCSession', ({ originator, session, request }: { originator: string; session: RTCSession; request: unknown }) => {
      if (this.agent !== agent) return
      this.watch(session)
      if (originator === 'remote') this.rings(session, request as IncomingRequest)
    })
    this.agent = agent
    this.line = line
    agent.start()
  }

  stop(orderly: boolean): void {
    const { agent, line } = this
    this.agent = null
    this.line = null
    this.registered = false
    this.sessions.clear()
    this.voices.clear()
    if (agent === null || line === null) return
    line.silent = !orderly
    agent.stop()
  }

  call(number: string, voice: MediaStream, about: string): string {
    if (this.agent === null) throw new Error('the phone is not started')
    const extraHeaders = about === '' ? [] : [`X-LB-For: ${about}`]
    return this.agent.call(`sip:${encodeURIComponent(number)}@${this.realm}`, { mediaStream: voice, pcConfig: MEDIA, extraHeaders }).id
  }

  answer(id: string, voice: MediaStream): void {
    const session = this.sessions.get(id)
    if (session === undefined || !session.isInProgress()) return
    this.listen({ type: 'answering', id })
    session.answer({ mediaStream: voice, pcConfig: MEDIA })
  }

  hangUp(id: string): void {
    const session = this.sessions.get(id)
    // 486 lets the queue go on to the next agent at once.
    if (session !== undefined && !session.isEnded()) session.terminate(session.isInProgress() && (session.direction as string) === 'incoming' ? { status_code: 486 } : {})
  }

  drop(id: string): void {
    const session = this.sessions.get(id)
    if (session === undefined || session.isEnded() || this.line === null) return
    const { line } = this
    line.silent = true
    try {
      session.terminate()
    } finally {
      line.silent = false
    }
  }

  hold(id: string, held: boolean, tries = 20): void {
    const session = this.sessions.get(id)
    if (session === undefined || !session.isEstablished() || session.isOnHold().local === held) return
    // Another change of the call is under way: it takes its turn.
    const taken = held ? session.hold() : session.unhold()
    if (!taken && tries > 0) setTimeout(() => { this.hold(id, held, tries - 1) }, 100)
  }

  keys(id: string, tones: string): void {
    const session = this.sessions.get(id)
    if (session?.isEstablished() === true) session.sendDTMF(tones, { transportType: C.DTMF_TRANSPORT.RFC2833, duration: 120, interToneGap: 80 })
  }

  transfer(id: string, number: string, consultation?: string): void {
    const session = this.sessions.get(id)
    const other = consultation === undefined ? undefined : this.sessions.get(consultation)
    if (session?.isEstablished() !== true || (consultation !== undefined && other?.isEstablished() !== true)) return
    this.listen({ type: 'transfer', id, to: number, stage: 'asked', code: 0 })
    const failed = (code: number | null): void => {
      if (this.sessions.has(id)) this.listen({ type: 'transfer', id, to: number, stage: 'failed', code: code ?? 0 })
    }
    const done = (): void => {
      for (const one of [id, ...(consultation === undefined ? [] : [consultation])]) {
        this.transferred.add(one)
        // The engine takes its leg down by itself; what is left after a moment we end.
        setTimeout(() => { this.hangUp(one) }, 700)
      }
    }
    session.refer(`sip:${encodeURIComponent(number)}@${this.realm}`, {
      ...(other === undefined ? {} : { replaces: other }),
      eventHandlers: {
        requestFailed: ({ response }: { response: IncomingResponse | null }) => { failed(statusOf(response)) },
        failed: ({ status_line }: { status_line: { status_code: number } }) => { failed(status_line.status_code) },
        accepted: done,
      },
    })
  }

  async voice(id: string, track: MediaStreamTrack): Promise<void> {
    const sender = this.sessions.get(id)?.connection.getSenders().find((one) => one.track?.kind === 'audio')
    await sender?.replaceTrack(track)
  }

  heard(id: string): MediaStream | null {
    return this.voices.get(id) ?? null
  }

  private rings(session: RTCSession, request: IncomingRequest): void {
    performance.mark('linebox:invite')
    const about = readAbout((name) => request.getHeader(name))
    const { user } = session.remote_identity.uri
    // A colleague who asks about their caller: the colleague rings, the headers tell of the caller.
    const number = about.kind === 'internal' && user !== '' ? user : about.from || user
    this.listen({ type: 'ring', id: session.id, number, name: session.remote_identity.display_name, about })
  }

  private watch(session: RTCSession): void {
    const { id } = session
    this.sessions.set(id, session)
    const media = (connection: RTCPeerConnection): void => {
      // The receiver's track is the same for the whole call; the streams of its events lose it while the call is held.
      connection.addEventListener('track', ({ receiver }) => {
        if (!this.voices.has(id)) this.voices.set(id, new MediaStream([receiver.track]))
        this.listen({ type: 'voice', id })
      })
      connection.addEventListener('connectionstatechange', () => {
        if (connection.connectionState === 'connected') this.listen({ type: 'through', id })
      })
    }
    // An outgoing call has its connection already, an incoming one gets it at the answer.
    const before = session.connection as RTCPeerConnection | null
    if (before) media(before)
    else session.on('peerconnection', ({ peerconnection }) => { media(peerconnection) })

    let waits = false
    session.on('icecandidate', ({ ready }) => {
      if (waits) return
      waits = true
      setTimeout(ready, GATHER_MS)
    })
    session.on('progress', (event: { originator: string }) => {
      if (event.originator === 'remote') this.listen({ type: 'rings', id })
    })
    session.on('accepted', () => { this.listen({ type: 'talk', id }) })
    session.on('hold', ({ originator }) => {
      if ((originator as string) === 'local') this.listen({ type: 'hold', id, held: true })
    })
    session.on('unhold', ({ originator }) => {
      if ((originator as string) === 'local') this.listen({ type: 'hold', id, held: false })
    })
    const over = (cause: EndCause, originator: string): void => {
      if (!this.sessions.delete(id)) return
      this.voices.delete(id)
      this.listen({ type: 'end', id, cause, by: originator === 'local' ? 'us' : 'them' })
    }
    session.on('failed', (event) => { over(failure(event), event.originator) })
    session.on('ended', ({ cause, originator }) => {
      const text: string = cause
      const lost = text === why.RTP_TIMEOUT || text === why.CONNECTION_ERROR || text === why.REQUEST_TIMEOUT
      over(this.transferred.delete(id) ? 'transferred' : lost ? 'network' : 'normal', originator)
    })
  }
}
