/** Sounds of the owner's: sent to the box, made WAV where the box can't read them, recorded here. */
import { ApiError, ask } from '@/shared/api/client'

/** What the box says of a sound it has taken. */
export interface Taken {
  readonly file: string
  readonly seconds: number
  readonly lufs: number
  readonly flags: readonly string[]
}

export const LARGEST = 15 * 2 ** 20
const RATE = 24_000

/** Base64 of bytes, in parts: a call can't have a million arguments. */
export function base64(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000))
  return btoa(text)
}

/** A WAV file of 16 bits, one channel. */
export function wav(samples: Float32Array, rate: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(44 + samples.length * 2))
  const word = (at: number, text: string): void => { for (let n = 0; n < text.length; n++) view.setUint8(at + n, text.charCodeAt(n)) }
  word(0, 'RIFF'); view.setUint32(4, 36 + samples.length * 2, true); word(8, 'WAVEfmt ')
  view.setUint32(16, 16, true); view.setUint16(20, 1, true); view.setUint16(22, 1, true)
  view.setUint32(24, rate, true); view.setUint32(28, rate * 2, true); view.setUint16(32, 2, true); view.setUint16(34, 16, true)
  word(36, 'data'); view.setUint32(40, samples.length * 2, true)
  samples.forEach((one, n) => { view.setInt16(44 + n * 2, Math.round(Math.max(-1, Math.min(1, one)) * 32767), true) })
  return new Uint8Array(view.buffer)
}

/** Whatever this browser can play, as WAV. Throws where it can't. */
async function asWav(sound: Blob): Promise<Uint8Array> {
  const reader = new OfflineAudioContext(1, 1, RATE)
  const decoded = await reader.decodeAudioData(await sound.arrayBuffer())
  const mixer = new OfflineAudioContext(1, decoded.length, RATE)
  const source = mixer.createBufferSource()
  source.buffer = decoded
  source.connect(mixer.destination)
  source.start()
  return wav((await mixer.startRendering()).getChannelData(0), RATE)
}

const send = (bytes: Uint8Array): Promise<Taken> => ask<Taken>('/api/prompts/sounds', { method: 'POST', body: { data: base64(bytes) }, limitMs: 65_000 })

/** Give the box a file as it is; one that it can't read, but this browser can, as WAV. */
export async function upload(file: Blob): Promise<Taken> {
  try {
    return await send(new Uint8Array(await file.arrayBuffer()))
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 'sound-unreadable') throw error
    const made = await asWav(file).catch(() => null)
    if (made === null || made.length > LARGEST) throw error
    return send(made)
  }
}

/** A recording under way. */
export interface Recorder {
  /** How loud it is now, 0–1. */
  readonly level: () => number
  readonly finish: () => Promise<Taken>
  readonly cancel: () => void
}

/** Begin to record by the microphone; throws when there is none or it isn't allowed. */
export async function record(): Promise<Recorder> {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: false, noiseSuppression: true, autoGainControl: false, channelCount: 1 } })
  const context = new AudioContext()
  const meter = context.createAnalyser()
  meter.fftSize = 8192 // 170 ms: nothing is missed between two looks
  context.createMediaStreamSource(stream).connect(meter)
  const recorder = new MediaRecorder(stream)
  const parts: Blob[] = []
  recorder.addEventListener('dataavailable', ({ data }) => parts.push(data))
  const ended = new Promise<void>((resolve) => { recorder.addEventListener('stop', () => { resolve() }) })
  recorder.start()
  const free = (): void => {
    for (const track of stream.getTracks()) track.stop()
    void context.close()
  }
  const heard = new Float32Array(meter.fftSize)
  return {
    level: () => {
      meter.getFloatTimeDomainData(heard)
      return heard.reduce((most, one) => Math.max(most, Math.abs(one)), 0)
    },
    finish: async () => {
      recorder.stop()
      await ended
      free()
      return send(await asWav(new Blob(parts)))
    },
    cancel: () => {
      if (recorder.state !== 'inactive') recorder.stop()
      free()
    },
  }
}
