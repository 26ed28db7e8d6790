import { describe, expect, it } from 'vitest'
import { knownKind } from '@/shared/settings/kinds'
import { sentences } from '@/shared/settings/sentences'
import type { Refs } from '@/shared/settings/kind'

Object.assign(globalThis, { localStorage: { setItem: () => undefined, getItem: () => null }, document: { documentElement: { lang: 'zh-CN' } } })

const rules = knownKind('recording-rules')
const refs: Refs = { name: (_, key) => String(key), rows: () => [] }

describe('recording rules', () => {
  it('keep for ever or a whole number of days', () => {
    const wrong = (days: unknown): readonly string[] => (rules.check?.({ keep_days: days, calls_out: true }) ?? []).map(({ field }) => field)
    for (const days of [null, 1, 90, 3650]) expect(wrong(days)).toEqual([])
    for (const days of [0, 3651, 1.5, 'x']) expect(wrong(days)).toEqual(['keep_days'])
    expect(rules.check?.({ keep_days: 0 })[0]?.cure?.value).toBeNull()
  })

  it('say a change of the days in words', () => {
    const said = JSON.stringify(sentences(rules, { keep_days: null, calls_out: true }, { keep_days: 90, calls_out: true }, refs))
    expect(said).toContain('一直保存')
    expect(said).toContain('90 天')
  })
})
