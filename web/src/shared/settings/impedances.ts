import { say } from '@/shared/i18n'

/** By ACIM: Si3050 data sheet, table 18, as `linebox.hw.impedance` has them; the last one is for all countries. */
const names = [
  '600 Ω', '900 Ω', '270 Ω + (750 Ω ∥ 150 nF)', '220 Ω + (820 Ω ∥ 120 nF)', '370 Ω + (620 Ω ∥ 310 nF)', '320 Ω + (1050 Ω ∥ 230 nF)',
  '370 Ω + (820 Ω ∥ 110 nF)', '275 Ω + (780 Ω ∥ 115 nF)', '120 Ω + (820 Ω ∥ 110 nF)', '350 Ω + (1000 Ω ∥ 210 nF)', '200 Ω + (680 Ω ∥ 100 nF)',
  '600 Ω + 2.16 µF', '900 Ω + 1 µF', '900 Ω + 2.16 µF', '600 Ω + 1 µF',
] as const

export const impedanceOf = (acim: number): string => names[acim] ?? say('lines.impedances.global')

/** What a port can have; null: what its country says. */
export const impedances = (): { value: number | null; label: string }[] => [
  { value: null, label: say('lines.impedances.auto') },
  ...Array.from({ length: names.length + 1 }, (_, acim) => ({ value: acim, label: impedanceOf(acim) })),
]
