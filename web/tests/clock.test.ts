import { describe, expect, it } from 'vitest'
import { Offset, secondsSince, secondsUntil } from '@/shared/live/clock'

describe('the box’s clock', () => {
  it('trusts the message that travelled least', () => {
    const offset = new Offset()
    for (const late of [300, 20, 900]) offset.learn(100_000, 60_000 + late)
    expect(offset.ms).toBe(39_980)
  })

  it('follows a device clock that was set, once the old messages are forgotten', () => {
    const offset = new Offset(3)
    offset.learn(100_000, 60_000)
    for (let n = 0; n < 3; n++) offset.learn(100_000, 99_000)
    expect(offset.ms).toBe(1000)
  })

  it('knows nothing from a time that is none', () => {
    const offset = new Offset()
    offset.learn(Number.NaN, 1)
    expect(offset.ms).toBe(0)
  })

  it('never counts below zero', () => {
    expect(secondsSince('2026-11-22T04:00:05Z', Date.parse('2026-11-22T04:00:00Z'))).toBe(0)
    expect(secondsSince('2026-11-22T04:00:00Z', Date.parse('2026-11-22T04:00:59.900Z'))).toBe(59)
  })

  it('counts down to nothing', () => {
    expect(secondsUntil('2026-11-22T04:00:09.100Z', Date.parse('2026-11-22T04:00:00Z'))).toBe(10)
    expect(secondsUntil('2026-11-22T04:00:00Z', Date.parse('2026-11-22T04:00:05Z'))).toBe(0)
  })
})
