import { effectScope, nextTick, ref } from 'vue'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Kept, RecordInput } from '@/features/service/api'
import { useRecord } from '@/features/service/record'
import { ApiError, NoAnswer } from '@/shared/api/client'

const box = vi.hoisted(() => ({ put: vi.fn(), get: vi.fn() }))
vi.mock('@/features/service/api', () => ({ putRecord: box.put, getRecord: box.get }))

const made = (over: Partial<Kept> = {}): Kept => ({ call_id: 'a', category: null, outcome: null, note: '', draft: true, agent: '', by: '', version: 0, at: null, overwrote: null, ...over })
let scope = effectScope()
const sent = (): [string, RecordInput][] => box.put.mock.calls as [string, RecordInput][]

beforeEach(() => {
  vi.useFakeTimers()
  scope = effectScope()
  box.get.mockReset().mockResolvedValue(made())
  let version = 0
  box.put.mockReset().mockImplementation((_: string, body: RecordInput) => Promise.resolve(made({ ...(body as Partial<Kept>), version: ++version, at: '2026-11-22T08:00:00Z' })))
})
afterEach(() => {
  scope.stop()
  vi.useRealTimers()
})

async function opened(call: string | null = 'a') {
  const id = ref(call)
  const one = scope.run(() => useRecord(id))
  if (one === undefined) throw new Error('no scope')
  await vi.advanceTimersByTimeAsync(0)
  return { id, ...one }
}

describe('a service record', () => {
  it('is saved as a draft once typing rests', async () => {
    const { content } = await opened()
    content.value.note = '主卧'
    await vi.advanceTimersByTimeAsync(400)
    content.value.note = '主卧不热'
    await vi.advanceTimersByTimeAsync(600)
    expect(sent()).toEqual([])
    await vi.advanceTimersByTimeAsync(200)
    expect(sent().map(([, body]) => [body.note, body.draft, body.seen])).toEqual([['主卧不热', true, 0]])
  })

  it('names the version that was seen, and tells over whom it was written', async () => {
    box.get.mockResolvedValue(made({ note: '半句', version: 4 }))
    const { content, overwrote, takeTheirs } = await opened()
    expect(content.value.note).toBe('半句')
    box.put.mockResolvedValueOnce(made({ note: '我的', version: 6, overwrote: { by: '周晓彤', at: '2026-11-22T08:00:00Z', note: '她的' } }))
    content.value.note = '我的'
    await vi.advanceTimersByTimeAsync(800)
    expect(sent()[0]?.[1].seen).toBe(4)
    expect(overwrote.value?.by).toBe('周晓彤')
    takeTheirs()
    expect(content.value.note).toBe('我的\n她的')
  })

  it('is sent on its way when another call takes its place', async () => {
    const { id, content } = await opened()
    content.value.note = '没写完'
    await nextTick()
    id.value = 'b'
    await vi.advanceTimersByTimeAsync(0)
    expect(sent().map(([call, body]) => [call, body.note])).toEqual([['a', '没写完']])
    expect(content.value.note).toBe('')
  })

  it('is sent when the page is left', async () => {
    const { content } = await opened()
    content.value.note = '还没存'
    scope.stop()
    await vi.advanceTimersByTimeAsync(0)
    expect(sent()).toHaveLength(1)
  })

  it('keeps what was written while the box is away, and saves it later', async () => {
    const { content, unsaved } = await opened()
    box.put.mockRejectedValueOnce(new NoAnswer('x'))
    content.value.note = '别丢'
    await vi.advanceTimersByTimeAsync(800)
    expect([unsaved.value, content.value.note]).toEqual([true, '别丢'])
    await vi.advanceTimersByTimeAsync(5100)
    expect([unsaved.value, sent().length]).toEqual([false, 2])
  })

  it('that was refused waits for its writer', async () => {
    const { content, refusal } = await opened()
    box.put.mockRejectedValueOnce(new ApiError(422, 'invalid-input', {}, { zh: '不行', en: 'no' }))
    content.value.note = 'x'
    await vi.advanceTimersByTimeAsync(20_000)
    expect([refusal.value?.code, sent().length]).toEqual(['invalid-input', 1])
  })

  it('once finished is changed only by its button', async () => {
    box.get.mockResolvedValue(made({ category: 6, outcome: 'solved', draft: false, version: 2 }))
    const { content, save, finished } = await opened()
    content.value.note = '补一句'
    await vi.advanceTimersByTimeAsync(5000)
    expect([finished.value, sent().length]).toEqual([true, 0])
    await save(false)
    expect(sent()[0]?.[1]).toMatchObject({ note: '补一句', draft: false, seen: 2 })
  })
})
