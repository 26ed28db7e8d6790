/** A scale from 0 whose marks are round numbers, at most five of them. */
export interface Scale {
  readonly top: number
  readonly marks: readonly number[]
}

export function scaleOf(most: number): Scale {
  const rough = Math.max(most, 1) / 4
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = Math.max(1, ([1, 2, 5, 10].find((one) => one * power >= rough) ?? 10) * power)
  const top = Math.ceil(most / step) * step
  return { top, marks: Array.from({ length: Math.round(top / step) }, (_, n) => (n + 1) * step) }
}
