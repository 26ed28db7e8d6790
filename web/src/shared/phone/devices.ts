/** Microphone, headset and loudspeaker of this device: chosen once, kept here, found again by their names' ids. */

export interface Chosen {
  /** Device ids; '' is the system's own choice. */
  readonly microphone: string
  readonly headset: string
  readonly loudspeaker: string
  /** Loudness of the ring, 0–1. */
  readonly ring: number
}

const KEY = 'linebox.phone.devices'
const USUAL: Chosen = { microphone: '', headset: '', loudspeaker: '', ring: 0.7 }

export function keptDevices(): Chosen {
  try {
    return { ...USUAL, ...(JSON.parse(localStorage.getItem(KEY) ?? '{}') as Partial<Chosen>) }
  } catch {
    return USUAL
  }
}

export function keepDevices(chosen: Chosen): void {
  localStorage.setItem(KEY, JSON.stringify(chosen))
}

export interface Found {
  readonly microphones: readonly MediaDeviceInfo[]
  readonly outputs: readonly MediaDeviceInfo[]
}

/** Nothing at all where the browser offers no devices: a page that isn't encrypted. */
export async function findDevices(): Promise<Found> {
  const media = navigator.mediaDevices as MediaDevices | undefined
  if (media === undefined) return { microphones: [], outputs: [] }
  const all = await media.enumerateDevices()
  // The two aliases of Windows name devices that stand in the list already.
  const real = all.filter((one) => one.deviceId !== 'communications' && one.deviceId !== 'default')
  return { microphones: real.filter((one) => one.kind === 'audioinput'), outputs: real.filter((one) => one.kind === 'audiooutput') }
}

/** Why there is no voice; each has a sentence and a cure on the page. */
export type VoiceTrouble = 'insecure' | 'refused' | 'absent' | 'taken' | 'failed'

export class NoVoice extends Error {
  constructor(readonly trouble: VoiceTrouble) {
    super(trouble)
  }
}

function troubleOf(error: unknown): VoiceTrouble {
  switch (error instanceof Error ? error.name : '') {
    case 'NotAllowedError':
    case 'SecurityError':
      return 'refused'
    case 'NotFoundError':
    case 'OverconstrainedError':
      return 'absent'
    case 'NotReadableError':
    case 'AbortError':
      return 'taken'
    default:
      return 'failed'
  }
}

/** Open the microphone; the one chosen, or any when that is unplugged. Throws `NoVoice`. */
export async function openMicrophone(id: string): Promise<MediaStream> {
  const media = navigator.mediaDevices as MediaDevices | undefined
  if (media === undefined) throw new NoVoice('insecure')
  const quality = { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: 1 }
  const open = (device: string): Promise<MediaStream> => media.getUserMedia({ audio: device === '' ? quality : { ...quality, deviceId: { exact: device } }, video: false })
  try {
    try {
      return await open(id)
    } catch (error) {
      if (id === '' || troubleOf(error) !== 'absent') throw error
      return await open('')
    }
  } catch (error) {
    throw new NoVoice(troubleOf(error))
  }
}

export const closeStream = (stream: MediaStream | null): void => {
  for (const track of stream?.getTracks() ?? []) track.stop()
}

/** Send a sound to an output; a device that is gone, or a browser that can't choose, leaves the usual one. */
export async function sendTo(element: HTMLMediaElement, output: string): Promise<void> {
  const choose = (element as Partial<HTMLMediaElement>).setSinkId?.bind(element)
  if (choose === undefined) return
  try {
    await choose(output)
  } catch {
    await choose('').catch(() => undefined)
  }
}
