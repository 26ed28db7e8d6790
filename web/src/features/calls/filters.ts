/** What calls are looked for by, as it stands in the page's address. */
import { between, isDay, WHENS, type When } from './days'
import { RESULTS } from './result'
import type { CallQuery, CallRow, Result } from '@/shared/api/shapes'

export const DIRECTIONS: readonly CallRow['direction'][] = ['in', 'out', 'internal']

export interface Filters {
  number: string
  result: Result | ''
  when: When | ''
  /** Days, for `when` = `days`. */
  from: string
  to: string
  agent: string
  group: string
  direction: CallRow['direction'] | ''
  rating: string
  key: string
  talkFrom: string
  talkTo: string
  note: string
  recorded: 'true' | 'false' | ''
}

export const NONE: Filters = { number: '', result: '', when: '', from: '', to: '', agent: '', group: '', direction: '', rating: '', key: '', talkFrom: '', talkTo: '', note: '', recorded: '' }

/** The box takes parts of numbers from this many digits. */
export const FEWEST_DIGITS = 3
/** Those behind "more filters". */
export const FURTHER = ['agent', 'group', 'direction', 'rating', 'key', 'talkFrom', 'talkTo', 'note', 'recorded'] as const

const whole = (text: string, most: number): boolean => /^\d{1,6}$/.test(text) && Number(text) <= most
const fits: Record<keyof Filters, (text: string) => boolean> = {
  number: (text) => text.length <= 21,
  result: (text) => RESULTS.some((one) => one === text),
  when: (text) => WHENS.some((one) => one === text),
  from: isDay,
  to: isDay,
  agent: (text) => /^[1-9]\d{0,5}$/.test(text),
  group: (text) => whole(text, 999_999) && text !== '0',
  direction: (text) => DIRECTIONS.some((one) => one === text),
  rating: (text) => /^[1-5]$/.test(text),
  key: (text) => text.length <= 6,
  talkFrom: (text) => whole(text, 86_400),
  talkTo: (text) => whole(text, 86_400),
  note: (text) => text.length <= 60,
  recorded: (text) => text === 'true' || text === 'false',
}
const NAMES = Object.keys(NONE) as (keyof Filters)[]

/** Read what an address says; what it can't mean is left out. */
export function fromAddress(query: Readonly<Record<string, unknown>>): Filters {
  const given = NAMES.flatMap((name) => {
    const text = query[name]
    return typeof text === 'string' && text !== '' && fits[name](text) ? [[name, text]] : []
  })
  return { ...NONE, ...(Object.fromEntries(given) as Partial<Filters>) }
}

export const toAddress = (filters: Filters): Record<string, string> => Object.fromEntries(NAMES.flatMap((name) => (filters[name] === '' ? [] : [[name, filters[name]]])))

export const digitsOf = (text: string): string => text.replace(/[^0-9+]/g, '')
export const isKey = (text: string): boolean => /^(?:[1-9]\d{0,3}:)?[0-9*#]$/.test(text)
const isStaff = (text: string): boolean => /^[1-9]\d{2,5}$/.test(text)

/** The question for the box; what is only half typed isn't asked. */
export function toQuery(filters: Filters, now: number): CallQuery {
  const digits = digitsOf(filters.number)
  const { since, until } = between(filters.when, filters.from, filters.to, now)
  return {
    ...(digits.length >= FEWEST_DIGITS ? { number: digits } : {}),
    ...(filters.result === '' ? {} : { result: filters.result }),
    ...(since === undefined ? {} : { since }),
    ...(until === undefined ? {} : { until }),
    ...(isStaff(filters.agent) ? { agent: filters.agent } : {}),
    ...(filters.group === '' ? {} : { group: Number(filters.group) }),
    ...(filters.direction === '' ? {} : { direction: filters.direction }),
    ...(filters.rating === '' ? {} : { rating: Number(filters.rating) }),
    ...(isKey(filters.key) ? { key: filters.key } : {}),
    ...(whole(filters.talkFrom, 86_400) ? { talk_from_s: Number(filters.talkFrom) } : {}),
    ...(whole(filters.talkTo, 86_400) ? { talk_to_s: Number(filters.talkTo) } : {}),
    ...(filters.note.trim() === '' ? {} : { note: filters.note.trim() }),
    ...(filters.recorded === '' ? {} : { recorded: filters.recorded === 'true' }),
  }
}
