import { describe, expect, it } from 'vitest'
import { setLanguage } from '@/shared/i18n'
import { bodyOf } from '@/shared/settings/draft'
import { pageOf, type Body, type Refs } from '@/shared/settings/kind'
import { knownKind } from '@/shared/settings/kinds'
import { kindsThere } from '@/shared/settings/kinds/trunk'

Object.assign(globalThis, { localStorage: { setItem: () => undefined, getItem: () => null }, document: { documentElement: { lang: 'zh-CN' } } })
setLanguage('zh')

const refs = (there: Readonly<Record<string, readonly Body[]>>): Refs => ({ name: (_, key) => String(key), rows: (what) => there[what] ?? [] })
const values = (there: Readonly<Record<string, readonly Body[]>>, what: string, field: string, body: Body): unknown[] => {
  const one = knownKind(what).fields.find(({ name }) => name === field)
  return one?.control === 'choice' ? one.choices(refs(there), body).map(({ value }) => value) : []
}

describe('lines', () => {
  it('are offered in the kinds whose cards are there', () => {
    expect(kindsThere(refs({}))).toEqual(['sip'])
    expect(kindsThere(refs({ span: [{ kind: 'e1' }] }))).toEqual(['sip', 'e1'])
    expect(kindsThere(refs({ span: [{ kind: 'analog' }], port: [{ kind: 'fxs' }] }))).toEqual(['sip'])
    expect(values({ port: [{ kind: 'fxo' }] }, 'trunk', 'kind', { kind: 'sip' })).toEqual(['sip', 'analog'])
  })
  it('of SIP need an address, those of cards none', () => {
    const { check } = knownKind('trunk')
    expect(check?.({ kind: 'sip', host: '' })).toHaveLength(1)
    expect(check?.({ kind: 'e1', host: '' })).toEqual([])
  })
})

describe('a port', () => {
  it('is changed without what the card is', () => {
    const row = { id: 3, etag: 'x', kind: 'fxo', channel: 65, line: 3, span_id: 3, position: 3, number: '', flash: true }
    expect(bodyOf(knownKind('port'), row)).toEqual({ number: '', flash: true })
  })
  it('can be part of an analog line only, and its page is below the lines', () => {
    const trunk = [{ id: 1, kind: 'sip' }, { id: 2, kind: 'analog' }, { id: 3, kind: 'e1' }]
    expect(values({ trunk }, 'port', 'trunk_id', {})).toEqual([null, 2])
    expect(values({ trunk }, 'span', 'trunk_id', {})).toEqual([null, 3])
    expect(pageOf(knownKind('port'), '3')).toBe('/settings/lines/ports/3')
  })
})
