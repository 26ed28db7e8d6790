import { listDifferences, own, text, toggle, type Body, type Kind, type Trouble } from '../kind'
import { say } from '@/shared/i18n'

/** Times are the company's, as the box has them: `09:00:00`. */
export interface Hours {
  readonly weekday: number
  readonly opens: string
  readonly closes: string
}
export interface Day {
  readonly day: string
  readonly is_open: boolean
  readonly name: string
}

const WORDS = ['d1', 'd2', 'd3', 'd4', 'd5', 'd6', 'd7'] as const
export const WEEK = [1, 2, 3, 4, 5, 6, 7] as const
export const weekdayName = (weekday: number): string => say(`hours.weekdays.${WORDS[weekday - 1] ?? 'd1'}`)
export const short = (time: string): string => time.slice(0, 5)

const hoursOf = (value: unknown): readonly Hours[] => (value ?? []) as readonly Hours[]
const daysOf = (value: unknown): readonly Day[] => (value ?? []) as readonly Day[]
const sayHours = ({ weekday, opens, closes }: Hours): string => say('hours.span', { day: weekdayName(weekday), from: short(opens), to: short(closes) })
const sayDay = ({ day, is_open, name }: Day): string => [day, say(is_open ? 'hours.work' : 'hours.rest'), name].filter((one) => one !== '').join(' ')

/** Each field's first span that ends too early or lies over another. */
function check({ hours, days }: Body): Trouble[] {
  const spans = hoursOf(hours)
  const early = spans.find(({ opens, closes }) => closes <= opens)
  if (early !== undefined) return [{ field: 'hours', text: `${sayHours(early)}: ${say('hours.early')}` }]
  const over = spans.find((one, n) => spans.slice(0, n).some((other) => other.weekday === one.weekday && one.opens < other.closes && other.opens < one.closes))
  if (over !== undefined) return [{ field: 'hours', text: `${sayHours(over)}: ${say('hours.overlap')}` }]
  const twice = daysOf(days).find(({ day }, n) => daysOf(days).slice(0, n).some((other) => other.day === day))
  return twice === undefined ? [] : [{ field: 'days', text: `${twice.day}: ${say('hours.dayGiven')}` }]
}

const told = { came: 'hours.came', went: 'hours.went', became: 'hours.became' } as const

export const calendar: Kind = {
  what: 'calendar', one: 'settings.one.calendar', tab: 'hours', list: '/api/calendars', key: 'id', needs: [],
  title: ({ name }) => String(name),
  fresh: () => ({ name: '', always_open: false, hours: [1, 2, 3, 4, 5].map((weekday) => ({ weekday, opens: '09:00:00', closes: '18:00:00' })), days: [] }),
  fields: [
    text('name', 'hours.name'),
    toggle('always_open', 'hours.always_open'),
    own('hours', 'hours.hours', {
      say: (value) => hoursOf(value).map(sayHours).join(say('common.and')) || say('hours.closed'),
      differences: (before, after) => listDifferences<Hours>(before, after, (one) => one, {
        came: (one) => say(told.came, { what: sayHours(one) }), went: (one) => say(told.went, { what: sayHours(one) }), became: (from, to) => say(told.became, { from: sayHours(from), to: sayHours(to) }),
      }),
    }),
    own('days', 'hours.days', {
      say: (value) => daysOf(value).map(sayDay).join(say('common.and')) || say('settings.empty'),
      differences: (before, after) => listDifferences<Day>(before, after, ({ day }) => day, {
        came: (one) => say(told.came, { what: sayDay(one) }), went: (one) => say(told.went, { what: sayDay(one) }), became: (from, to) => say(told.became, { from: sayDay(from), to: sayDay(to) }),
      }),
    }),
  ],
  check,
}
