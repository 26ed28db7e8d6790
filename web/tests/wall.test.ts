import { describe, expect, it } from 'vitest'
import { NOON, aGroup, aSnapshot, waitsSince } from './builders'
import { visibleOf } from '@/desks/board/window'
import { pageOf, shiftAt } from '@/desks/wall/rows'
import { groupRows, type GroupRow } from '@/shared/live/board'

const rows = (count: number, late = 0): GroupRow[] =>
  groupRows(aSnapshot({ groups: Array.from({ length: count }, (_, n) => aGroup({ id: n + 1, waiting: n < late ? [waitsSince(90 - n)] : [] })), agents: [] }), NOON)
const seen = (all: readonly GroupRow[], turns: number): Set<number> => new Set(Array.from({ length: turns }, (_, turn) => pageOf(all, turn).rows.map((row) => row.group.id)).flat())

describe('the wall’s pages', () => {
  it('show six groups on one page, without turning', () => {
    expect(pageOf(rows(6), 3)).toMatchObject({ page: 1, pages: 1 })
  })

  it('turn through all groups, never more than six, the last page as full as there are', () => {
    const all = rows(14)
    expect([0, 1, 2, 3].map((turn) => pageOf(all, turn).rows.length)).toEqual([6, 6, 2, 6])
    expect(seen(all, 3).size).toBe(14)
  })

  it('keep red groups while the others turn', () => {
    const all = rows(14, 2)
    for (const turn of [0, 1, 2]) expect(pageOf(all, turn).rows.slice(0, 2).map((row) => row.group.id)).toEqual([1, 2])
    expect(seen(all, 3).size).toBe(14)
  })

  it('turn also when more are red than there is room', () => {
    const all = rows(14, 10)
    expect(seen(all, pageOf(all, 0).pages).size).toBe(14)
  })

  it('move a little every ten minutes, and come back', () => {
    const places = Array.from({ length: 9 }, (_, n) => shiftAt(n * 600_000).join())
    expect(new Set(places).size).toBe(8)
    expect(places[8]).toBe(places[0])
  })
})

describe('a long list', () => {
  it.each([
    ['at its beginning', 0, { from: 0, to: 14, above: 0, below: 86 * 40 }],
    ['in the middle', 2000, { from: 46, to: 64, above: 46 * 40, below: 36 * 40 }],
    ['at its end', 3600, { from: 86, to: 100, above: 86 * 40, below: 0 }],
    ['scrolled past what is left', 9999, { from: 96, to: 100, above: 96 * 40, below: 0 }],
  ])('draws what is in view and four more: %s', (_, top, expected) => {
    expect(visibleOf(100, 40, top, 400)).toEqual(expected)
  })
})
