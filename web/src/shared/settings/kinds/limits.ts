import { own, reference, type Body, type Kind, type Trouble } from '../kind'
import { language, say } from '@/shared/i18n'

/** A country's name in the reader's language, as the browser knows it. */
export const countryName = (code: string): string => new Intl.DisplayNames([language.value], { type: 'region' }).of(code) ?? code

const codes = (value: unknown): readonly string[] => (Array.isArray(value) ? (value as string[]) : [])
const limit = (unit: 'limits.minutes_day.unit' | 'limits.calls_at_once.unit') => (value: unknown): string =>
  value === null || value === undefined ? say('limits.none') : `${value as string | number} ${say(unit)}`

/** Null is no limit; anything else is a whole number. */
function check(body: Body): Trouble[] {
  const ranges = { minutes_day: 1440, calls_at_once: 100 }
  return Object.entries(ranges).flatMap(([field, max]) => {
    const value = body[field]
    const good = value === null || (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= max)
    return good ? [] : [{ field, text: say('settings.needsNumber', { min: 1, max }), cure: { value: null, label: say('limits.none') } }]
  })
}

export const limits: Kind = {
  // `known`, every country that may be allowed, is told with the row and is no part of a change.
  what: 'limits', one: 'limits.one', tab: 'limits', list: '/api/limits', single: true, key: 'known', needs: ['calendar'],
  title: () => say('limits.title'),
  fields: [
    own('countries', 'limits.countries', {
      say: (value) => codes(value).map(countryName).join(say('common.and')) || say('limits.noCountry'),
      differences: (before, after) => [
        ...codes(after).filter((code) => !codes(before).includes(code)).map((code) => say('limits.allowed', { name: countryName(code) })),
        ...codes(before).filter((code) => !codes(after).includes(code)).map((code) => say('limits.taken', { name: countryName(code) })),
      ],
    }),
    reference('abroad_hours', 'limits.abroad_hours', 'calendar', 'limits.anyTime'),
    own('minutes_day', 'limits.minutes_day', { say: limit('limits.minutes_day.unit') }),
    own('calls_at_once', 'limits.calls_at_once', { say: limit('limits.calls_at_once.unit') }),
  ],
  check,
  uses: ({ abroad_hours }) => (abroad_hours === null ? [] : [{ what: 'calendar', key: abroad_hours }]),
}
