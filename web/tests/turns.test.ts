import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { effectScope, ref } from 'vue'
import { useTurn } from '@/shared/live/turns'

describe('panels draw in turn', () => {
  const scope = effectScope()
  beforeEach(() => { 
    vi.useFakeTimers()
    vi.stubGlobal('requestAnimationFrame', (draw: () => void) => setTimeout(draw, 16))
  })
  afterEach(() => {
    vi.useRealTimers()
    vi.unstubAllGlobals()
  })

  it('shows at once what there is, then one panel a frame, the longest waiting first', () => {
    const told = ref(1)
    const panels = scope.run(() => [useTurn(() => told.value), useTurn(() => told.value), useTurn(() => told.value)]) ?? []
    const shown = (): number[] => panels.map(({ value }) => value)
    expect(shown()).toEqual([1, 1, 1])
    told.value = 2
    expect(shown()).toEqual([1, 1, 1])
    const seen = new Set<string>()
    for (let ms = 0; ms < 400; ms += 4) {
      vi.advanceTimersByTime(4)
      seen.add(shown().join())
    }
    expect([...seen].filter((one) => one !== '1,1,1')).toEqual(['2,1,1', '2,2,1', '2,2,2'])
  })

  it('gives each panel its turn however often the picture changes, and the newest then', () => {
    const told = ref(0)
    const panels = scope.run(() => [useTurn(() => told.value), useTurn(() => told.value)]) ?? []
    for (let n = 1; n <= 100; n += 1) {
      told.value = n
      vi.advanceTimersByTime(10)
    }
    for (const { value } of panels) expect(100 - value).toBeLessThan(20)
    vi.advanceTimersByTime(200)
    expect(panels.map(({ value }) => value)).toEqual([100, 100])
  })
})
