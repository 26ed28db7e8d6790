import { choice, number, own, text, type Body, type Kind, type Trouble } from '../kind'
import { phone } from '@/shared/format'
import { say } from '@/shared/i18n'
import { dayKey } from '@/shared/moment'

/** The last day on the list; empty: for good. `until` is that day's end. */
export const lastDay = (until: unknown): string => (typeof until === 'string' && until !== '' ? dayKey(Date.parse(until) - 1000) : '')

/** A new one (whose number is in the body) needs a number. */
const check = ({ number: given }: Body): Trouble[] =>
  typeof given === 'string' && !/^\+?[0-9]{3,20}$/.test(given.trim()) ? [{ field: 'number', text: say('lists.number.help') }] : []

/** A black, white or VIP caller. There may be many thousands. */
export const listed: Kind = {
  what: 'number', one: 'lists.one', tab: 'lists', list: '/api/number-lists', key: 'number', needs: [], paged: true,
  title: ({ number: given }, key) => phone(typeof given === 'string' ? given : key),
  fresh: () => ({ number: '', list: 'black', level: 1, note: '', until: null }),
  fields: [
    text('number', 'lists.number', { max: 21, onlyNew: true }),
    choice('list', 'lists.list', () => (['black', 'white', 'vip'] as const).map((value) => ({ value, label: say(`lists.${value}`) }))),
    number('level', 'lists.level', 1, 9),
    text('note', 'lists.note', { max: 500, required: false }),
    own('until', 'lists.until', { say: (until) => lastDay(until) || say('lists.forGood') }),
  ],
  check,
}
