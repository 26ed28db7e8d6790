import { describe, expect, it } from 'vitest'
import { NOTHING, choose, step, still } from '@/desks/board/choice'

const order = ['1', '2', '3', '4', '5']
const after = (...steps: [string, 'only' | 'toggle' | 'range'][]): string[] => [...steps.reduce((choice, [key, how]) => choose(choice, order, key, how), NOTHING).chosen]

describe('choosing agents', () => {
  it.each([
    ['one alone', [['1', 'only'], ['3', 'only']], ['3']],
    ['the same again: none', [['3', 'only'], ['3', 'only']], []],
    ['several by Ctrl', [['1', 'only'], ['3', 'toggle'], ['5', 'toggle'], ['1', 'toggle']], ['3', '5']],
    ['a range by Shift, from where it began', [['2', 'only'], ['4', 'range'], ['1', 'range']], ['1', '2']],
    ['Shift without a beginning', [['4', 'range']], ['4']],
  ] as const)('%s', (_, steps, expected) => {
    expect(after(...steps.map(([key, how]) => [key, how] as [string, typeof how]))).toEqual(expected)
  })

  it('forgets those who are gone', () => {
    const choice = choose(NOTHING, order, '3', 'only')
    expect(still(choice, new Set(order))).toBe(choice)
    expect(still(choice, new Set(['1'])).chosen.size).toBe(0)
  })

  it.each([
    ['ArrowRight', '2', '3'], ['ArrowLeft', '1', '1'], ['ArrowDown', '2', '4'], ['ArrowUp', '4', '2'], ['ArrowDown', '5', '5'], ['Home', '4', '1'], ['End', '1', '5'], ['x', '1', null],
  ])('%s from %s leads to %s in two columns', (key, from, to) => {
    expect(step(order, from, key, 2)).toBe(to)
  })
})
