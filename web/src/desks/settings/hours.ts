/** Steps of the hours' editors, pure. */
import type { Day, Hours } from '@/shared/settings/kinds/calendar'

export const hoursIn = (value: unknown): readonly Hours[] => (value ?? []) as readonly Hours[]
export const daysIn = (value: unknown): readonly Day[] => (value ?? []) as readonly Day[]

const byTime = (a: Hours, b: Hours): number => a.weekday - b.weekday || a.opens.localeCompare(b.opens)
const two = (n: number): string => String(n).padStart(2, '0')

/** As the box has times, from `8:30`, `08：30`, `830` or `8`; what is no time leaves what was. */
export function whole(typed: string, before: string): string {
  const found = /^(\d{1,2})(?:[:：.]?(\d\d))?$/.exec(typed.trim())
  const [hour, minute] = [Number(found?.[1]), Number(found?.[2] ?? 0)]
  return hour < 24 && minute < 60 ? `${two(hour)}:${two(minute)}:00` : before
}

/** Another span on that day: an hour after its last one, else the usual day. */
export function withSpan(hours: readonly Hours[], weekday: number): Hours[] {
  const last = hours.filter((one) => one.weekday === weekday).sort(byTime).at(-1)
  const end = last === undefined ? 8 : Number(last.closes.slice(0, 2))
  const span = last === undefined ? { opens: '09:00:00', closes: '18:00:00' } : { opens: `${two(Math.min(22, end + 1))}:00:00`, closes: `${two(Math.min(23, end + 3))}:00:00` }
  return [...hours, { weekday, ...span }].sort(byTime)
}

/** Monday's spans on each working day. */
export const likeMonday = (hours: readonly Hours[]): Hours[] => [
  ...[1, 2, 3, 4, 5].flatMap((weekday) => hours.filter((one) => one.weekday === 1).map((one) => ({ ...one, weekday }))), ...hours.filter(({ weekday }) => weekday > 5),
].sort(byTime)

export const replaced = (hours: readonly Hours[], at: number, next: Hours): Hours[] => hours.map((one, n) => (n === at ? next : one))
export const without = <T>(all: readonly T[], at: number): T[] => all.filter((_, n) => n !== at)
export const withDay = (days: readonly Day[], day: Day): Day[] => [...days.filter((one) => one.day !== day.day), day].sort((a, b) => a.day.localeCompare(b.day))
