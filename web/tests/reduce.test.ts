import { describe, expect, it } from 'vitest'
import { aCall, aSnapshot, change, whole } from './builders'
import { reduce } from '@/shared/live/reduce'

describe('the picture and its changes', () => {
  it('replaces the parts that are named and keeps the others', () => {
    const outcome = reduce(aSnapshot(), change(11, { calls: [aCall()] }))
    expect(outcome).toMatchObject({ kind: 'changed', snapshot: { seq: 11, generation: 7, calls: [{ id: 's00000001-1.1' }] } })
  })

  it('ignores a change that was seen', () => {
    expect(reduce(aSnapshot({ seq: 10 }), change(10, { generation: 99 }))).toEqual({ kind: 'old' })
  })

  it('notices a change that was missed', () => {
    expect(reduce(aSnapshot({ seq: 10 }), change(12, { generation: 8 }))).toEqual({ kind: 'gap' })
  })

  it('does not lay a change of another epoch over the picture', () => {
    expect(reduce(aSnapshot({ seq: 10 }), change(11, { generation: 8 }, 'e2'))).toEqual({ kind: 'gap' })
  })

  it('takes a whole snapshot of another epoch, forgetting what was', () => {
    const outcome = reduce(aSnapshot({ calls: [aCall()] }), whole(1, { generation: 8 }, 'e2'))
    expect(outcome).toMatchObject({ kind: 'changed', snapshot: { epoch: 'e2', seq: 1, generation: 8, calls: [] } })
  })

  it('shows parts that the box does not know yet as empty', () => {
    const outcome = reduce(null, { epoch: 'e1', seq: 1, at: '2026-11-22T04:00:00Z', snapshot: { groups: null, agents: null, asterisk: null, stale_since: '2026-11-22T03:59:00Z' } })
    expect(outcome).toMatchObject({ kind: 'changed', snapshot: { groups: [], agents: [], asterisk: null, stale_since: '2026-11-22T03:59:00Z' } })
  })

  it('clears stale_since when calld is back', () => {
    const outcome = reduce(aSnapshot({ stale_since: '2026-11-22T03:59:00Z' }), change(11, { stale_since: null }))
    expect(outcome).toMatchObject({ kind: 'changed', snapshot: { stale_since: null } })
  })
})
