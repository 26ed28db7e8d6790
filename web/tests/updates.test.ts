import { afterEach, describe, expect, it } from 'vitest'
import { actsOf, againIn, lookOf, outcomeOf, stepOf, versionOf, whyOf } from '@/features/host/updates'
import type { Slot, Update } from '@/shared/api/shapes'
import { language, setLanguage } from '@/shared/i18n'

Object.assign(globalThis, { localStorage: { setItem: () => undefined, getItem: () => null }, document: { documentElement: { lang: 'zh-CN' } } })

const slot = (name: string, more: Partial<Slot>): Slot => ({ name, running: false, next: false, state: 'good', version: `v-${name}`, why: '', ...more })
const box = (b: Partial<Slot>, more: Partial<Update> = {}, a: Partial<Slot> = {}): Update => ({
  slots: [slot('A', { running: true, next: b.next !== true, ...a }), slot('B', b)],
  doing: 'idle', percent: 0, step: '', file: '', version: '', fault: null, bundles: [], calls: 0, ...more,
})
const acts = (update: Update): string[] => {
  const { install, restart, back } = actsOf(update)
  return [install ? 'install' : '', restart === null ? '' : `restart ${restart.name}`, back === null ? '' : `back ${back.name}`].filter((one) => one !== '')
}

describe('what may be done with the slots', () => {
  it('is installing alone into an empty one', () => {
    expect(acts(box({ state: 'empty', version: '' }))).toEqual(['install'])
  })
  it('is a restart once something waits, and another installation', () => {
    expect(acts(box({ state: 'waiting', next: true }))).toEqual(['install', 'restart B'])
  })
  it('is the way back to what was good, and a restart once that was chosen', () => {
    expect(acts(box({ state: 'good' }))).toEqual(['install', 'back B'])
    expect(acts(box({ state: 'good', next: true }))).toEqual(['install', 'restart B'])
  })
  it('is never the way back to what was refused', () => {
    expect(acts(box({ state: 'refused', why: 'asterisk' }))).toEqual(['install'])
  })
  it('is nothing while it installs, and on a box without slots', () => {
    expect(acts(box({ state: 'writing' }, { doing: 'installing' }))).toEqual([])
    expect(acts({ ...box({}), slots: [] })).toEqual([])
  })
  it('is nothing while the running one is on trial: the other is the way back', () => {
    expect(acts(box({ state: 'good', next: true }, {}, { state: 'on-trial' }))).toEqual([])
  })
})

describe.each(['zh', 'en'] as const)('what became of an update, in %s', (spoken) => {
  const before = language.value
  afterEach(() => { setLanguage(before); })

  it('names the version that runs, the one that was refused, and why', () => {
    setLanguage(spoken)
    const told = outcomeOf(box({ state: 'refused', why: 'asterisk' }))
    expect(told).toMatchObject({ shape: 'triangle', tone: 'stop' })
    for (const word of ['v-A', 'v-B', 'Asterisk']) expect(told?.text).toContain(word)
    expect(told?.text).not.toMatch(/[{}]/)
  })
  it('tells of one that never came up, and of a unit that nobody foresaw', () => {
    setLanguage(spoken)
    expect(whyOf('')).not.toBe('')
    expect(whyOf('linebox-new')).toContain('linebox-new')
  })
  it('tells that a trial goes on, and nothing where nothing was tried', () => {
    setLanguage(spoken)
    expect(outcomeOf(box({ state: 'good' }, {}, { state: 'on-trial' }))?.text).toContain('v-A')
    expect(outcomeOf(box({ state: 'good' }))).toBeNull()
  })
  it('has a word and a mark of its own for each state', () => {
    setLanguage(spoken)
    const looks = (['good', 'on-trial', 'waiting', 'refused', 'writing', 'empty'] as const).map((state) => lookOf(slot('B', { state })))
    expect(new Set(looks.map(({ word }) => word)).size).toBe(6)
    expect(lookOf(slot('A', { running: true })).word).not.toBe(lookOf(slot('B', {})).word)
  })
  it('says RAUC’s steps, or its own words where they are new', () => {
    setLanguage(spoken)
    const [check, copy, finish] = ['Verifying signature', 'Copying image to rootfs.1', 'Installing done.'].map(stepOf)
    expect(new Set([check, copy, finish]).size).toBe(3)
    expect(stepOf('Updating slots done.')).toBe(finish)
    expect(stepOf('Polishing')).toBe('Polishing')
  })
})

describe('the slots’ versions', () => {
  it('are never an empty word', () => {
    for (const state of ['empty', 'writing', 'good', 'refused'] as const) expect(versionOf(slot('B', { state, version: '' }))).not.toBe('')
  })
})

describe('asking again', () => {
  it('is every two seconds while it installs, seldom on trial or at a restart, else never', () => {
    expect(againIn(box({ state: 'writing' }, { doing: 'installing' }), false)).toBe(2000)
    expect(againIn(box({ state: 'good' }, {}, { state: 'on-trial' }), false)).toBe(10_000)
    expect(againIn(box({ state: 'waiting', next: true }), true)).toBe(10_000)
    expect(againIn(box({ state: 'waiting', next: true }), false)).toBeNull()
    expect(againIn(null, false)).toBeNull()
  })
})
