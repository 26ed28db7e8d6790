import { describe, expect, it, vi } from 'vitest'
import { likeMonday, whole, withSpan } from '@/desks/settings/hours'
import { keepCompany } from '@/shared/company'
import { lastDay } from '@/shared/settings/kinds/number'

vi.stubGlobal('localStorage', { setItem: () => undefined, getItem: () => null })

describe('a time that is typed', () => {
  it.each([['8:30', '08:30:00'], ['08：30', '08:30:00'], ['830', '08:30:00'], ['17.45', '17:45:00'], ['9', '09:00:00']])('%s is %s', (typed, time) => {
    expect(whole(typed, '00:00:00')).toBe(time)
  })
  it.each(['', '24:00', '8:60', 'soon', '8:3'])('%s leaves what was', (typed) => {
    expect(whole(typed, '07:15:00')).toBe('07:15:00')
  })
})

describe('the week', () => {
  const monday = [{ weekday: 1, opens: '08:30:00', closes: '12:00:00' }]
  it('gets another span after the last one of that day', () => {
    expect(withSpan(monday, 1)).toEqual([...monday, { weekday: 1, opens: '13:00:00', closes: '15:00:00' }])
  })
  it('takes Monday’s times for working days and leaves the weekend', () => {
    const saturday = { weekday: 6, opens: '10:00:00', closes: '11:00:00' }
    expect(likeMonday([...monday, saturday])).toEqual([1, 2, 3, 4, 5].map((weekday) => ({ ...monday[0], weekday })).concat(saturday))
  })
})

it('a listed number’s end is told as its last day, in the company’s zone', () => {
  keepCompany({ name_zh: '云河', name_en: 'Yunhe', time_zone: 'Asia/Shanghai' })
  expect(lastDay('2026-12-31T16:00:00+00:00')).toBe('2026-12-31')
  expect(lastDay(null)).toBe('')
})
