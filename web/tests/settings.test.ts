import { describe, expect, it } from 'vitest'
import { setLanguage } from '@/shared/i18n'
import { matching } from '@/shared/find/find'
import { add, changesOf, edit, isNew, keepMine, newId, rebase, revive, undoField, type Draft, type Item, type Row } from '@/shared/settings/draft'
import { knownKind } from '@/shared/settings/kinds'
import { same, type Refs } from '@/shared/settings/kind'
import { sentences } from '@/shared/settings/sentences'
import { formTroubles } from '@/shared/settings/store'

Object.assign(globalThis, { localStorage: { setItem: () => undefined, getItem: () => null }, document: { documentElement: { lang: 'zh-CN' } } })

const kind = knownKind('group')
const row = (over: Record<string, unknown> = {}, etag = 'e1'): Row => ({
  id: 3, name_zh: '报修', name_en: 'Repairs', strategy: 'linear', ring_s: 20, wrapup_s: 10, max_wait_s: 180, limit_waiting: 30, announce_s: 30, overflow: { kind: 'voicemail', target: 0 }, asks_rating: true, max_missed: 3, ...over, etag,
})
const body = (over: Record<string, unknown> = {}): Record<string, unknown> => {
  const { id, etag, ...rest } = row(over) as Row & { id: number }
  return id === 3 && etag === 'e1' ? rest : {}
}
const changed = (over: Record<string, unknown>): Draft => edit([], kind, '3', row(), body(over))
const only = (draft: Draft): Item => {
  const [item] = draft
  if (item === undefined || draft.length > 1) throw new Error(`${draft.length} items`)
  return item
}
const refs: Refs = { name: (what, key) => ({ 'group 1': '投诉', 'group 3': '报修' } as Record<string, string>)[`${what} ${String(key)}`] ?? String(key), rows: () => [] }

describe('a draft', () => {
  it('holds what differs, and nothing once it is put back by hand', () => {
    const draft = changed({ ring_s: 15 })
    expect(changesOf(draft)).toEqual([{ what: 'group', key: '3', etag: 'e1', after: body({ ring_s: 15 }), ref: null }])
    expect(edit(draft, kind, '3', row(), body())).toEqual([])
  })

  it('takes back one field and keeps the others', () => {
    const draft = changed({ ring_s: 15, wrapup_s: 5 })
    expect(only(undoField(draft, 'group', '3', 'ring_s')).after).toEqual(body({ wrapup_s: 5 }))
    expect(undoField(changed({ ring_s: 15 }), 'group', '3', 'ring_s')).toEqual([])
    expect(undoField(draft, 'group', '3', '')).toEqual([])
  })

  it('names a new row so that others can point at it, and forgets it when it is deleted', () => {
    const id = newId([])
    const draft = add([], 'group', id, body())
    expect(isNew(id)).toBe(true)
    expect(newId(draft)).not.toBe(id)
    expect(changesOf(draft)[0]).toMatchObject({ key: null, etag: null, ref: id })
    expect(edit(draft, kind, id, null, null)).toEqual([])
  })

  it('sends deletions last', () => {
    const draft = [...edit([], kind, '3', row(), null), ...edit([], kind, '4', { ...row({ ring_s: 9 }), id: 4 }, body())]
    expect(changesOf(draft).map(({ key, after }) => [key, after === null])).toEqual([['4', false], ['3', true]])
  })

  it('is read back from the tab, and nothing is made of rubbish', () => {
    const draft = changed({ ring_s: 15 })
    expect(revive(JSON.stringify(draft))).toEqual(draft)
    for (const text of [null, '', '{', '{}', '[1]', '[{"what":"group"}]']) expect(revive(text)).toEqual([])
  })
})

describe('when somebody else changed the row meanwhile', () => {
  it('what only they changed is taken over and said', () => {
    const based = rebase(only(changed({ ring_s: 15 })), kind, row({ wrapup_s: 30 }, 'e2'))
    expect(based).toMatchObject({ etag: 'e2', after: body({ ring_s: 15, wrapup_s: 30 }), conflicts: [], theirs: ['wrapup_s'] })
  })

  it('what both changed is a conflict until one is chosen', () => {
    const based = rebase(only(changed({ ring_s: 15 })), kind, row({ ring_s: 25 }, 'e2'))
    if (based === null) throw new Error('it was dropped')
    expect(based).toMatchObject({ conflicts: ['ring_s'], before: body({ ring_s: 25 }), after: body({ ring_s: 15 }) })
    expect(only(keepMine([based], 'group', '3', 'ring_s'))).toMatchObject({ conflicts: [], after: body({ ring_s: 15 }) })
    expect(undoField([based], 'group', '3', 'ring_s')).toEqual([])
  })

  it('the same change by both is none any more', () => {
    expect(rebase(only(changed({ ring_s: 15 })), kind, row({ ring_s: 15 }, 'e2'))).toBeNull()
  })

  it('a row that is gone is said, and one that was to be deleted is', () => {
    expect(rebase(only(changed({ ring_s: 15 })), kind, null)).toMatchObject({ gone: true })
    expect(rebase(only(edit([], kind, '3', row(), null)), kind, null)).toBeNull()
  })

  it('a deletion of a row they changed asks again', () => {
    expect(rebase(only(edit([], kind, '3', row(), null)), kind, row({ ring_s: 30 }, 'e2'))).toMatchObject({ conflicts: [''], after: null })
  })
})

describe('a change is told', () => {
  it('by the label, value and unit of its field, in both languages', () => {
    setLanguage('zh')
    expect(sentences(kind, body(), body({ ring_s: 15, overflow: { kind: 'group', target: 1 } }), refs)).toMatchObject([
      { label: '振铃时长', before: '20 秒', after: '15 秒' }, { label: '等到上限后', before: '留言', after: '技能组：投诉' },
    ])
    setLanguage('en')
    expect(sentences(kind, body(), body({ ring_s: 15 }), refs)).toMatchObject([{ label: 'Ring time', before: '20 s', after: '15 s' }])
    setLanguage('zh')
  })

  it('as one sentence when a thing is made or deleted', () => {
    expect(sentences(kind, null, body(), refs)).toMatchObject([{ label: '新技能组', text: '报修' }])
    expect(sentences(kind, body(), null, refs)).toMatchObject([{ label: '删除技能组', text: '报修' }])
  })

  it('of a list by who came, went and moved', () => {
    const member = (...memberships: { group_id: number; penalty: number }[]): Record<string, unknown> => ({ name: '林晓燕', language: 'zh', memberships })
    const told = sentences(knownKind('agent'), member({ group_id: 1, penalty: 0 }), member({ group_id: 3, penalty: 1 }), refs)
    expect(told.map(({ text }) => text)).toEqual(['加入报修，优先级 2', '离开投诉'])
    expect(sentences(knownKind('agent'), member({ group_id: 1, penalty: 0 }), member({ group_id: 1, penalty: 4 }), refs).map(({ text }) => text)).toEqual(['在投诉的优先级 1 → 5'])
  })

  it('also of fields and kinds that no page knows', () => {
    expect(sentences(undefined, { colour: 'red', id: 1 }, { colour: 'blue', id: 2 }, refs)).toMatchObject([{ label: 'colour', before: 'red', after: 'blue' }])
  })
})

describe('the form', () => {
  it('sees numbers out of range and what needs two fields, each with its cure', () => {
    expect(formTroubles(kind, body())).toEqual([])
    expect(formTroubles(kind, body({ ring_s: 500 }))).toMatchObject([{ field: 'ring_s', cure: { value: 120 } }, { field: 'max_wait_s' }])
    expect(formTroubles(kind, body({ max_wait_s: 15 }))).toMatchObject([{ field: 'max_wait_s', cure: { value: 180 } }])
    expect(formTroubles(kind, body({ ring_s: 'soon', name_zh: ' ' })).map(({ field }) => field)).toEqual(['name_zh', 'ring_s'])
  })
})

it('values are equal whatever the order of their keys', () => {
  expect(same({ a: 1, b: [1, { c: null }] }, { b: [1, { c: undefined }], a: 1 })).toBe(true)
  expect(same([1, 2], [2, 1])).toBe(false)
  expect(same({ a: 1 }, { a: 1, b: 0 })).toBe(false)
})

it('the search puts first what begins with what was typed', () => {
  const found = (word: string, help = ''): Parameters<typeof matching>[0][number] => ({ word, help, within: '', to: '/' })
  expect(matching([found('最多等多久', '振铃之后'), found('振铃时长'), found('公司')], '振铃', 9).map(({ word }) => word)).toEqual(['振铃时长', '最多等多久'])
  expect(matching([found('400 800 1234')], '4008001', 9)).toHaveLength(1)
  expect(matching([found('a')], ' ', 9)).toEqual([])
})
