import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { aCall, parts } from './builders'
import type { LiveCall, LiveParts, Message, Patches, RawParts, Snapshot } from '@/shared/live/model'
import { reduce } from '@/shared/live/reduce'

/** A box that tells as webd does: numbered, whole parts or patches, a new epoch at each restart. */
class Box {
  epoch = 1
  seq = 1
  picture: LiveParts = parts({ calls: Array.from({ length: 10 }, (_, n) => aCall({ id: `c${n}` })) })
  private log: Message[] = []
  private made = 10

  private tell(more: { set: RawParts; patch?: Patches }): void {
    this.seq += 1
    this.log.push({ epoch: `e${this.epoch}`, seq: this.seq, at: '2026-11-22T04:00:00Z', ...more })
  }
  change(which: number, how: number): void {
    const calls = [...this.picture.calls]
    const at = which % Math.max(1, calls.length)
    const old = calls[at]
    const put: LiveCall[] = []
    const drop: string[] = []
    if (how % 3 === 0 || old === undefined) put.push(aCall({ id: `c${this.made++}` }))
    else if (how % 3 === 1) put.push({ ...old, state: old.state === 'menu' ? 'waiting' : 'talking' })
    else drop.push(old.id)
    const next = calls.filter((one) => !drop.includes(one.id)).map((one) => put.find(({ id }) => id === one.id) ?? one)
    next.push(...put.filter(({ id }) => !calls.some((one) => one.id === id)))
    this.picture = { ...this.picture, calls: next, generation: which }
    if (how < 6) this.tell({ set: { generation: which }, patch: { calls: { put, drop } } })
    else this.tell({ set: { generation: which, calls: next } })
  }
  restart(): void {
    this.epoch += 1
    this.seq = 1
    this.log = []
  }
  whole(): Message {
    return { epoch: `e${this.epoch}`, seq: this.seq, at: '2026-11-22T04:00:00Z', snapshot: this.picture }
  }
  /** As `Live.first`: what was missed, or everything. */
  resume(seen: Snapshot | null): Message[] {
    if (seen?.epoch !== `e${this.epoch}` || seen.seq > this.seq) return [this.whole()]
    return this.log.filter(({ seq }) => seq > seen.seq)
  }
}

/** A page: takes messages; after a gap it forgets and asks anew, as the socket does. */
class Page {
  seen: Snapshot | null = null
  take(message: Message, box: Box): void {
    const outcome = reduce(this.seen, message)
    if (outcome.kind === 'changed') this.seen = outcome.snapshot
    if (outcome.kind === 'gap') {
      this.seen = null
      for (const one of box.resume(null)) this.take(one, box)
    }
  }
}

const happening = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('change' as const), which: fc.nat(20), how: fc.nat(8) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('deliver' as const, 'lose' as const, 'twice' as const, 'reorder' as const), which: fc.nat(20), how: fc.nat(8) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('reconnect' as const, 'restart' as const), which: fc.nat(20), how: fc.nat(8) }) },
)

describe('the page’s picture', () => {
  it('is the box’s, whatever was lost, doubled, swapped or begun anew', () => {
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 60 }), (happened) => {
        const box = new Box()
        const page = new Page()
        page.take(box.whole(), box)
        let wire: Message[] = []
        for (const { kind, which, how } of happened) {
          const before = box.seq
          if (kind === 'change') {
            box.change(which, how)
            wire.push(...box.resume({ ...box.picture, epoch: `e${box.epoch}`, seq: before, at: '' }))
          } else if (kind === 'lose') wire = wire.slice(1)
          else if (kind === 'twice' && wire[0]) wire.unshift(wire[0])
          else if (kind === 'reorder') wire.reverse()
          else if (kind === 'restart') box.restart()
          else if (kind === 'reconnect') wire = box.resume(page.seen)
          else for (const message of wire.splice(0, 3)) page.take(message, box)
        }
        for (const message of [...wire, ...box.resume(page.seen)]) page.take(message, box)
        for (const message of box.resume(page.seen)) page.take(message, box)
        expect(page.seen).toEqual({ ...box.picture, epoch: `e${box.epoch}`, seq: box.seq, at: page.seen?.at })
      }),
      { numRuns: 400 },
    )
  })

  it('keeps the objects of what did not change', () => {
    const box = new Box()
    const page = new Page()
    page.take(box.whole(), box)
    const before = page.seen
    box.change(3, 1)
    for (const message of box.resume(before)) page.take(message, box)
    expect(page.seen?.calls.filter((call) => before?.calls.includes(call))).toHaveLength(9)
    expect(page.seen?.agents).toBe(before?.agents)
  })
})
