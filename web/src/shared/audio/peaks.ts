/** The loudest sample (0–1) of each column, for the caller's channel and ours. */
export interface Peaks {
  readonly caller: readonly number[]
  readonly ours: readonly number[]
}

interface Samples {
  readonly length: number
  readonly numberOfChannels: number
  getChannelData(channel: number): ArrayLike<number>
}

function loudest(samples: ArrayLike<number>, columns: number): number[] {
  return Array.from({ length: columns }, (_, column) => {
    const end = Math.floor(((column + 1) * samples.length) / columns)
    let peak = 0
    for (let n = Math.floor((column * samples.length) / columns); n < end; n++) peak = Math.max(peak, Math.abs(samples[n] ?? 0))
    return Math.min(1, peak)
  })
}

/** Left is the caller, right what the caller hears; a recording of one channel is the same on both. */
export function peaksOf(sound: Samples, columns: number): Peaks {
  const wanted = Math.max(1, Math.min(columns, sound.length))
  return {
    caller: loudest(sound.getChannelData(0), wanted),
    ours: loudest(sound.getChannelData(sound.numberOfChannels > 1 ? 1 : 0), wanted),
  }
}
