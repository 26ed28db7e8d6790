import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { effectScope, ref } from 'vue'
import { useOrderInTurn, useTurn } from '@/shared/live/turns'

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

  it('draws all that is light in one frame, and nothing else with it', () => {
    const told = ref(1)
    const panels = scope.run(() => [true, false, true].map((light) => useTurn(() => told.value, { light }))) ?? []
    told.value = 2
    const seen = new Set<string>()
    for (let ms = 0; ms < 400; ms += 4) {
      vi.advanceTimersByTime(4)
      seen.add(panels.map(({ value }) => value).join())
    }
    expect([...seen].filter((one) => one !== '1,1,1')).toEqual(['2,1,2', '2,2,2'])
  })

  it('says what is new at once and moves it to its place in turn', () => {
    const told = ref([{ id: 1, s: 'a' }, { id: 2, s: 'b' }])
    const list = scope.run(() => useOrderInTurn(() => told.value, ({ id }) => id))
    const said = (): string | undefined => list?.value.map(({ id, s }) => `${String(id)}${s}`).join(' ')
    told.value = [{ id: 3, s: 'c' }, { id: 2, s: 'B' }, { id: 1, s: 'a' }]
    expect(said()).toBe('1a 2B 3c')
    vi.advanceTimersByTime(100)
    expect(said()).toBe('3c 2B 1a')
  })
})
