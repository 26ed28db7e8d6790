/** Which groups the wall shows: six at a time, the worst first; red ones stay while pages turn. Pure. */
import type { GroupRow } from '@/shared/live/board'

export const ROWS = 6
export const TURN_S = 12

export interface Page {
  readonly rows: readonly GroupRow[]
  readonly page: number
  readonly pages: number
}

/** The page at `turn` (counted up for ever). At least one row turns, however many are red. */
export function pageOf(rows: readonly GroupRow[], turn: number): Page {
  if (rows.length <= ROWS) return { rows, page: 1, pages: 1 }
  const red = rows.filter((row) => row.pressure === 'late').slice(0, ROWS - 1)
  const others = rows.filter((row) => !red.includes(row))
  const room = ROWS - red.length
  const pages = Math.ceil(others.length / room)
  const page = turn % pages
  return { rows: [...red, ...others.slice(page * room, (page + 1) * room)], page: page + 1, pages }
}

/** Where the picture stands against burn-in: a round of eight places, 2 px apart, one each 10 minutes. */
export function shiftAt(now: number): readonly [number, number] {
  const places = [[0, 0], [2, 0], [4, 0], [4, 2], [4, 4], [2, 4], [0, 4], [0, 2]] as const
  return places[Math.floor(now / 600_000) % places.length] ?? [0, 0]
}
