/** What hostd is asked for (docs/names.md, "Host acts"). */
import type { AcmeWish, Certificates, Clock, ClockWish, Network, NetworkArmed, NetworkWish, Update, UploadWish } from '@/shared/api/shapes'
import { ApiError, ask } from '@/shared/api/client'
import { language, say } from '@/shared/i18n'

export const readNetwork = (): Promise<Network> => ask('/api/network')
/** The wire is asked first, so it takes some seconds. */
export const changeNetwork = (body: NetworkWish): Promise<NetworkArmed> => ask('/api/network', { method: 'POST', body, limitMs: 30_000 })
export const confirmNetwork = (token: string): Promise<Network> => ask('/api/network/confirm', { method: 'POST', body: { token }, limitMs: 5000 })
export const putNetworkBack = (): Promise<Network> => ask('/api/network/back', { method: 'POST', limitMs: 30_000 })

export const readCertificates = (): Promise<Certificates> => ask('/api/certificates')
export const uploadCertificate = (body: UploadWish): Promise<Certificates> => ask('/api/certificates/upload', { method: 'POST', body, limitMs: 40_000 })
export const renewCertificate = (): Promise<Certificates> => ask('/api/certificates/renew', { method: 'POST', limitMs: 40_000 })
/** The answer comes later: look again while `acme.state` is `asking`. */
export const askForCertificate = (body: AcmeWish): Promise<Certificates> => ask('/api/certificates/acme', { method: 'POST', body, limitMs: 40_000 })
export const stopAskingForCertificate = (): Promise<Certificates> => ask('/api/certificates/acme/off', { method: 'POST', limitMs: 40_000 })

export const readClock = (): Promise<Clock> => ask('/api/clock')
export const setClock = (wish: ClockWish): Promise<Clock> => ask('/api/clock', { method: 'POST', body: wish, limitMs: 30_000 })

/** A stick is mounted for it, and RAUC may have to be started first. */
export const readUpdate = (): Promise<Update> => ask('/api/update', { limitMs: 70_000 })
/** Answers when it has begun. */
export const installUpdate = (file: string): Promise<Update> => ask('/api/update/install', { method: 'POST', body: { file }, limitMs: 130_000 })
export const goBack = (): Promise<Update> => ask('/api/update/back', { method: 'POST', limitMs: 70_000 })
/** How many calls that ends; refused with `update-cuts-calls` while there are any and `cutCalls` isn't said. */
export const restartBox = (cutCalls: boolean): Promise<{ calls: number }> => ask('/api/update/restart', { method: 'POST', body: { cut_calls: cutCalls }, limitMs: 70_000 })

/** Why it failed, in the reader's language. */
export const told = (error: unknown): string => (error instanceof ApiError ? error.text(language.value) : say('host.away'))

/** What is wrong with a field; empty when nothing is. `dns` also tells of `dns.1`, the first wrong one. */
export function faultOf(error: unknown, field: string): string {
  if (!(error instanceof ApiError)) return ''
  const own = error.problem(field, language.value)
  return own !== '' ? own : Array.from({ length: 10 }, (_, n) => error.problem(`${field}.${n}`, language.value)).find((text) => text !== '') ?? ''
}

/** A fault that stands at no field. */
export const general = (error: unknown): string => (error === null || (error instanceof ApiError && error.code === 'invalid-input') ? '' : told(error))

/**
 * Confirm again and again until the box says yes or no, or `until` (ms) has passed: at first it isn't there yet.
 * `sleep` waits between two tries.
 */
export async function confirmWhenThere(token: string, until: number, sleep = (): Promise<void> => new Promise((done) => setTimeout(done, 1500))): Promise<Network> {
  for (;;) {
    try {
      return await confirmNetwork(token)
    } catch (error) {
      const wait = !(error instanceof ApiError) || error.code === 'network-not-yet' || error.status >= 502
      if (!wait || Date.now() > until) throw error
    }
    await sleep()
  }
}
