/** Opening hours as the wizard asks for them: days, one span, a lunch break. Pure. */
import type { Span } from './api'

export interface Opening {
  days: number[]
  opens: string
  closes: string
  lunch: boolean
  lunchFrom: string
  lunchTo: string
}

/** What is asked, of what the box has; hours that differ by day begin with those of the first day. */
export function openingOf(hours: readonly Span[]): Opening {
  const days = [...new Set(hours.map((one) => one.weekday))].sort((a, b) => a - b)
  const first = hours.filter((one) => one.weekday === days[0]).sort((a, b) => a.opens.localeCompare(b.opens))
  const [morning, afternoon] = first
  return {
    days: days.length > 0 ? days : [1, 2, 3, 4, 5],
    opens: morning?.opens ?? '09:00',
    closes: (afternoon ?? morning)?.closes ?? '18:00',
    lunch: afternoon !== undefined,
    lunchFrom: afternoon === undefined ? '12:00' : (morning?.closes ?? '12:00'),
    lunchTo: afternoon?.opens ?? '13:30',
  }
}

export function hoursOf({ days, opens, closes, lunch, lunchFrom, lunchTo }: Opening): Span[] {
  const spans = lunch ? [{ opens, closes: lunchFrom }, { opens: lunchTo, closes }] : [{ opens, closes }]
  return [...days].sort((a, b) => a - b).flatMap((weekday) => spans.map((span) => ({ weekday, ...span })))
}
