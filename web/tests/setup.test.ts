import { describe, expect, it } from 'vitest'
import { nextNumber, pasted } from '@/desks/setup/newcomers'
import { hoursOf, openingOf } from '@/desks/setup/opening'
import { answered, begin, follow, stands, type Told } from '@/desks/setup/watching'
import type { CallState, LiveCall } from '@/shared/live/model'

describe('numbers for newcomers', () => {
  it('go on after the highest of their kind, and begin where they should', () => {
    expect(nextNumber(['1001', '1004', '8001', '100'], 1001)).toBe('1005')
    expect(nextNumber([], 8001)).toBe('8001')
    expect(nextNumber(['8001', '8002'], 8001)).toBe('8003')
  })
})

describe('a pasted list', () => {
  it('takes names with and without numbers, and leaves heads and empty lines out', () => {
    expect(pasted('姓名,工号,分机\n李雷\n韩梅梅，1008，8008\n\n"Jim Green"\t1010\n')).toEqual([
      { name: '李雷', number: '', extension: '' },
      { name: '韩梅梅', number: '1008', extension: '8008' },
      { name: 'Jim Green', number: '1010', extension: '' },
    ])
  })
})

describe('opening hours', () => {
  const office = [1, 2].flatMap((weekday) => [{ weekday, opens: '09:00', closes: '12:00' }, { weekday, opens: '13:30', closes: '18:00' }])

  it('are asked as days, one span and a lunch break, and come back as they were', () => {
    const opening = openingOf(office)
    expect(opening).toMatchObject({ days: [1, 2], opens: '09:00', lunchFrom: '12:00', lunchTo: '13:30', closes: '18:00', lunch: true })
    expect(hoursOf(opening)).toEqual(office)
    expect(hoursOf({ ...opening, lunch: false })).toEqual([1, 2].map((weekday) => ({ weekday, opens: '09:00', closes: '18:00' })))
  })

  it('begin with an office week where there are none', () => {
    expect(openingOf([]).days).toEqual([1, 2, 3, 4, 5])
  })
})

describe('the first call', () => {
  const call = (state: CallState, more: Partial<LiveCall> = {}): LiveCall => ({ id: 'c', from: '13900001111', did: '4008001234', since: '2026-11-22T08:00:00Z', state, state_since: '', group: null, agent: null, ...more })
  const nothing: Told = { keys: '', recorded_s: null }
  const walk = (...states: readonly (LiveCall | undefined)[]) => states.reduce((watched, one, n) => follow(watched, one, n), begin(call('menu')))

  it('stands nowhere before it comes', () => {
    expect(new Set(Object.values(stands(null, nothing)))).toEqual(new Set(['later']))
  })

  it('goes its way, and what went by too quickly counts as passed', () => {
    const ringing = walk(call('menu'), call('ringing', { agent: '1001', group: 1 }))
    expect(stands(ringing, { keys: '1', recorded_s: null })).toEqual({ arrived: 'done', menu: 'done', key: 'done', waiting: 'passed', ringing: 'now', talking: 'later', recorded: 'later' })
    expect(answered(ringing)).toBe(false)
  })

  it('is done with the recording, and keeps who talked when it is gone from the picture', () => {
    const over = walk(call('menu'), call('waiting'), call('ringing', { agent: '1001' }), call('talking', { agent: '1001' }), call('rating'), undefined)
    expect(over).toMatchObject({ over: true, agent: '1001' })
    expect(answered(over)).toBe(true)
    expect(stands(over, { keys: '1', recorded_s: 3 }).recorded).toBe('done')
  })
})
