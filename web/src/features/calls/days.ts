/** Days of the company as instants: a filter says days, the box wants moments. */
import { timeZone } from '@/shared/company'
import { dayKey } from '@/shared/moment'

const DAY_MS = 86_400_000

/** How far a zone's clock is ahead of UTC at an instant, in ms. */
function ahead(at: number): number {
  const parts = new Intl.DateTimeFormat('sv-SE', {
    ...(timeZone.value === undefined ? {} : { timeZone: timeZone.value }),
    year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23',
  }).format(at)
  return Date.parse(`${parts.replace(' ', 'T')}Z`) - at
}

/** Midnight at which `day` (2026-11-22) begins in the company's zone. */
export function beginOf(day: string): number {
  const utc = Date.parse(`${day}T00:00:00Z`)
  const guess = utc - ahead(utc)
  return utc - ahead(guess)
}

/** `day` moved by whole days. */
export const dayAfter = (day: string, days: number): string => new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10)

export const isDay = (text: string): boolean => /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(`${text}T00:00:00Z`))

export const WHENS = ['today', 'yesterday', 'week', 'month', 'days'] as const
export type When = (typeof WHENS)[number]

/** From the first instant to before the second; undefined: without that end. */
export interface Between {
  readonly since: string | undefined
  readonly until: string | undefined
}

/** What a choice of days means now; `from` and `to` are both included. */
export function between(when: When | '', from: string, to: string, now: number): Between {
  const today = dayKey(now)
  const days = (first: string, last: string): Between => ({
    since: isDay(first) ? new Date(beginOf(first)).toISOString() : undefined,
    until: isDay(last) ? new Date(beginOf(dayAfter(last, 1))).toISOString() : undefined,
  })
  switch (when) {
    case 'today':
      return { ...days(today, ''), until: undefined }
    case 'yesterday':
      return days(dayAfter(today, -1), dayAfter(today, -1))
    case 'week':
      return days(dayAfter(today, -6), '')
    case 'month':
      return days(dayAfter(today, -29), '')
    case 'days':
      return days(from, to)
    case '':
      return { since: undefined, until: undefined }
  }
}
