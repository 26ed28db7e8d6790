/** Instants as people read them, in the time zone of the company (not of the device). */
import { timeZone } from './company'
import { language } from './i18n'

type Style = 'time' | 'day' | 'weekday'

const options: Record<Style, Intl.DateTimeFormatOptions> = {
  time: { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' },
  day: { year: 'numeric', month: '2-digit', day: '2-digit' },
  weekday: { weekday: 'short' },
}
const made = new Map<string, Intl.DateTimeFormat>()

function formatter(style: Style): Intl.DateTimeFormat {
  const zone = timeZone.value
  // ISO-like figures come from sv-SE in both languages; only weekdays are words.
  const locale = style === 'weekday' ? (language.value === 'en' ? 'en-GB' : 'zh-CN') : 'sv-SE'
  const name = `${style} ${locale} ${zone ?? ''}`
  let found = made.get(name)
  if (found === undefined) {
    found = new Intl.DateTimeFormat(locale, { ...options[style], ...(zone === undefined ? {} : { timeZone: zone }) })
    made.set(name, found)
  }
  return found
}

type Instant = Date | number | string
const date = (at: Instant): Date => new Date(at)

/** 14:32:07 */
export const timeOfDay = (at: Instant): string => formatter('time').format(date(at))
/** 14:32:07.412: for the steps of a call. */
export const preciseTime = (at: Instant): string => `${timeOfDay(at)}.${String(date(at).getUTCMilliseconds()).padStart(3, '0')}`
/** 11-24 */
export const dayOf = (at: Instant): string => dayKey(at).slice(5)
/** 2026-11-24: equal for instants of one day. */
export const dayKey = (at: Instant): string => formatter('day').format(date(at))
/** 周二, Tue */
export const weekday = (at: Instant): string => formatter('weekday').format(date(at))
