import type { RecordingPeaks } from '@/shared/api/shapes'

/** How loud (0–1) each column is, for the caller's channel and ours. */
export interface Peaks {
  readonly caller: readonly number[]
  readonly ours: readonly number[]
  readonly seconds: number
}

/** Speech is seldom at the top of the scale: the loudest of both sides fills the height, silence stays silent. */
const QUIETEST = 32

/** The box's peaks as shares of the height. */
export function drawn({ step_s, caller, ours }: RecordingPeaks): Peaks {
  const most = Math.max(QUIETEST, ...caller, ...ours)
  const shares = (side: readonly number[]): number[] => side.map((one) => one / most)
  return { caller: shares(caller), ours: shares(ours), seconds: step_s * caller.length }
}
