import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { change, whole } from './builders'
import type { Message, Snapshot } from '@/shared/live/model'
import { LiveSocket, type Pulse, type Wire } from '@/shared/live/socket'

class FakeWire implements Wire {
  closed = false
  private readonly heard: ((event: { data: unknown }) => void)[] = []
  private readonly opened: (() => void)[] = []
  private readonly ended: (() => void)[] = []

  addEventListener(type: 'message' | 'open' | 'close', listen: ((event: { data: unknown }) => void) & (() => void)): void {
    if (type === 'message') this.heard.push(listen)
    else if (type === 'open') this.opened.push(listen)
    else this.ended.push(listen)
  }
  close(): void {
    this.closed = true
  }
  open(): void {
    this.opened.forEach((listen) => { listen() })
  }
  say(message: Message): void {
    this.heard.forEach((listen) => { listen({ data: JSON.stringify(message) }) })
  }
  break(): void {
    this.ended.forEach((listen) => { listen() })
  }
}

function aLine(probe: () => Promise<Pulse> = () => Promise.reject(new Error('nobody'))) {
  const wires: FakeWire[] = []
  const queries: string[] = []
  const pictures: Snapshot[] = []
  const news: string[] = []
  const socket = new LiveSocket({
    open(query) {
      queries.push(query)
      const wire = new FakeWire()
      wires.push(wire)
      return wire
    },
    probe,
    listener: {
      picture: (snapshot) => pictures.push(snapshot),
      heard: () => undefined,
      connected: () => news.push('connected'),
      lost: () => news.push('lost'),
    },
    silenceMs: () => 8000,
    random: () => 0.5,
  })
  const last = (): FakeWire => {
    const wire = wires.at(-1)
    if (!wire) throw new Error('no wire yet')
    return wire
  }
  return { socket, wires, queries, pictures, news, last }
}

describe('the live line', () => {
  beforeEach(() => { vi.useFakeTimers() })
  afterEach(() => { vi.useRealTimers() })

  it('asks for everything first and shows each change', () => {
    const { socket, queries, pictures, last } = aLine()
    socket.start()
    last().say(whole(10))
    last().say(change(11, { generation: 8 }))
    expect(queries).toEqual([''])
    expect(pictures.map((one) => [one.seq, one.generation])).toEqual([[10, 7], [11, 8]])
  })

  it('resumes after a break where it was', async () => {
    const { socket, queries, pictures, news, last } = aLine()
    socket.start()
    last().say(whole(10))
    last().break()
    await vi.advanceTimersByTimeAsync(300)
    last().say(change(11, { generation: 8 }))
    expect(queries).toEqual(['', '?after=10&epoch=e1'])
    expect(news).toEqual(['connected', 'lost', 'connected'])
    expect(pictures.at(-1)?.generation).toBe(8)
  })

  it('counts as connected again when nothing was missed and nothing is said', async () => {
    const { socket, news, last } = aLine()
    socket.start()
    last().say(whole(10))
    last().break()
    await vi.advanceTimersByTimeAsync(300)
    last().open()
    expect(news).toEqual(['connected', 'lost', 'connected'])
  })

  it('asks for everything anew after a gap', () => {
    const { socket, wires, queries, last } = aLine()
    socket.start()
    last().say(whole(10))
    last().say(change(13, { generation: 8 }))
    expect(wires[0]?.closed).toBe(true)
    expect(queries).toEqual(['', ''])
  })

  it('waits longer between tries, at most 5 s, and tries at once when nudged', async () => {
    const { socket, wires, last } = aLine()
    socket.start()
    for (const wait of [300, 600, 1200, 2400, 4800, 5000, 5000]) {
      const before = wires.length
      last().break()
      await vi.advanceTimersByTimeAsync(wait - 1)
      expect(wires.length).toBe(before)
      await vi.advanceTimersByTimeAsync(1)
      expect(wires.length).toBe(before + 1)
    }
    last().break()
    const before = wires.length
    socket.nudge()
    expect(wires.length).toBe(before + 1)
  })

  it('gives up a silent line when the box does not answer beside it', async () => {
    const { socket, wires, news, last } = aLine()
    socket.start()
    last().say(whole(10))
    await vi.advanceTimersByTimeAsync(8000)
    expect(wires[0]?.closed).toBe(true)
    expect(news).toEqual(['connected', 'lost'])
  })

  it('keeps a silent line while the box has nothing to say', async () => {
    const { socket, news, last } = aLine(() => Promise.resolve({ epoch: 'e1', seq: 10, at: '2026-11-22T04:00:00Z' }))
    socket.start()
    last().say(whole(10))
    await vi.advanceTimersByTimeAsync(60_000)
    expect(news).toEqual(['connected'])
  })

  it('gives up a line that does not bring the news that there is', async () => {
    const { socket, news, last } = aLine(() => Promise.resolve({ epoch: 'e1', seq: 12, at: '2026-11-22T04:00:00Z' }))
    socket.start()
    last().say(whole(10))
    await vi.advanceTimersByTimeAsync(8000)
    expect(news).toEqual(['connected', 'lost'])
  })

  it('stays closed once stopped', async () => {
    const { socket, wires, last } = aLine()
    socket.start()
    last().break()
    socket.stop()
    await vi.advanceTimersByTimeAsync(60_000)
    expect(wires.length).toBe(1)
  })
})
