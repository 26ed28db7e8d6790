import { describe, expect, it } from 'vitest'
import { batches, decode, matchColumns, parseCsv } from '@/features/customers/csv'
import { toCsv } from '@/shared/file'
import { draftOf, inputOf, refusals } from '@/features/customers/draft'
import { ApiError } from '@/shared/api/client'

describe('a CSV file', () => {
  it('is read with quotes, line breaks in cells and empty cells', () => {
    expect(parseCsv('\ufeff姓名,备注\r\n"沈 ""国平""","两\r\n行"\r\n,\r\n王芳,')).toEqual([['姓名', '备注'], ['沈 "国平"', '两\n行'], ['王芳', '']])
  })
  it('may be parted by semicolons or tabs', () => {
    expect(parseCsv('a;b\n1;2,5\n')).toEqual([['a', 'b'], ['1', '2,5']])
    expect(parseCsv('a\tb\n1\t2')).toEqual([['a', 'b'], ['1', '2']])
  })
  it('loses what keeps table programs from reading numbers, and control characters', () => {
    expect(parseCsv('电话,名\n\t13900001111,a\u0007b')).toEqual([['电话', '名'], ['13900001111', 'a b']])
  })
  it('is decoded as Excel in China saves it', () => {
    expect(decode(new Uint8Array([0xd0, 0xd5, 0xc3, 0xfb]).buffer)).toBe('姓名')
    expect(decode(new TextEncoder().encode('姓名').buffer)).toBe('姓名')
  })
  it('is written so that reading it gives the same', () => {
    const rows = [['a,"b"', 'c\nd'], ['', '沈']]
    expect(parseCsv(toCsv(rows))).toEqual(rows)
  })
})

it('columns are known by their heads, each once', () => {
  const fields = [{ key: 'f3', name_zh: '户号', name_en: 'Account', kind: 'text', choices: [] }] as const
  expect(matchColumns(['客户姓名', 'Phone', '手机号', 'account', '随便'], [{ ...fields[0], choices: [], private: false }])).toEqual(['name', 'numbers', '', 'f3', ''])
})

it('rows go in parts that a request can hold', () => {
  const rows = Array.from({ length: 1203 }, (_, n) => [`${n}`])
  expect(batches(rows).map(({ first, rows: { length } }) => [first, length])).toEqual([[0, 500], [500, 500], [1000, 203]])
  expect(batches(Array.from({ length: 4 }, () => ['长'.repeat(90_000)])).map(({ rows: { length } }) => length)).toEqual([1, 1, 1, 1])
})

it('what is refused is told at its place though empty numbers were left out', () => {
  const draft = { ...draftOf(null, ''), name: 'x', numbers: ['', '1.39E+10'], fields: { f1: ' ', f2: 'y' } }
  expect(inputOf(draft).numbers).toEqual(['1.39E+10'])
  const error = new ApiError(422, 'invalid-input', { problems: [{ field: 'numbers.0', zh: '号', en: 'n' }, { field: 'fields.0.value', zh: '项', en: 'f' }, { field: 'level', zh: '级', en: 'l' }] }, { zh: '', en: '' })
  expect(refusals(error, draft, 'zh')).toEqual({ 'numbers.1': '号', f2: '项', level: '级' })
})
