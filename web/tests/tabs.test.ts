import { afterEach, describe, expect, it, vi } from 'vitest'
import { OneTab } from '@/shared/phone/tabs'

/** Locks of a browser with one name: first come, first served; `steal` takes at once. */
class FakeLocks {
  private holder: { reject: (error: Error) => void } | null = null
  private readonly queue: { run: () => void; signal: AbortSignal | undefined }[] = []

  request(_name: string, options: LockOptions, act: (lock: Lock | null) => unknown): Promise<unknown> {
    return new Promise((resolve, reject) => {
      options.signal?.addEventListener('abort', () => { reject(new DOMException('', 'AbortError')) })
      const run = (): void => {
        const me = { reject }
        this.holder = me
        void Promise.resolve(act(null)).then((value) => {
          resolve(value)
          if (this.holder !== me) return
          this.holder = null
          this.next()
        })
      }
      if (options.steal === true) {
        this.holder?.reject(new DOMException('', 'AbortError'))
        run(); return;
      }
      this.queue.push({ run, signal: options.signal })
      if (this.holder === null) this.next()
    })
  }

  private next(): void {
    const first = this.queue.shift()
    if (first === undefined) return
    if (first.signal?.aborted === true) { this.next(); return; }
    first.run()
  }
}

class Browser {
  readonly locks = new FakeLocks()
  private readonly channels: { onmessage: ((event: MessageEvent) => void) | null }[] = []
  frozen: unknown = null

  open(inCall: () => string | null = () => null) {
    const said: string[] = []
    const channel = {
      onmessage: null as ((event: MessageEvent) => void) | null,
      postMessage: (data: unknown) => {
        for (const other of this.channels) if (other !== channel && other !== this.frozen) other.onmessage?.({ data } as MessageEvent)
      },
      close: () => { this.channels.splice(this.channels.indexOf(channel), 1) },
    }
    this.channels.push(channel)
    const tab = new OneTab({
      name: 'phone', locks: this.locks as unknown as LockManager, channel, inCall,
      listener: { held: () => said.push('held'), lost: () => said.push('lost'), elsewhere: (busy) => said.push(busy ? 'busy' : 'elsewhere'), handed: (call) => said.push(`call ${call}`) },
    })
    return { tab, said, channel }
  }
}

const settle = async (ms = 0): Promise<void> => { await vi.advanceTimersByTimeAsync(ms) }

afterEach(() => { vi.useRealTimers() })

describe('the phone in several tabs of a browser', () => {
  it('goes to the tab opened last, and back when that one is closed', async () => {
    vi.useFakeTimers()
    const browser = new Browser()
    const first = browser.open()
    first.tab.want()
    await settle()
    const second = browser.open()
    second.tab.want()
    await settle()
    expect([first.said, second.said]).toEqual([['held', 'lost'], ['held']])
    second.tab.close()
    await settle()
    expect(first.said).toEqual(['held', 'lost', 'held'])
  })

  it('stays with a tab that is in a call, and the other one says so', async () => {
    vi.useFakeTimers()
    const browser = new Browser()
    const first = browser.open(() => 'call-1')
    first.tab.want()
    await settle()
    const second = browser.open()
    second.tab.want()
    await settle(2000)
    expect([first.said, second.said]).toEqual([['held'], ['busy']])
  })

  it('is taken over with its call when the agent says so', async () => {
    vi.useFakeTimers()
    const browser = new Browser()
    const first = browser.open(() => 'call-1')
    first.tab.want()
    await settle()
    const second = browser.open()
    second.tab.want()
    await settle()
    second.tab.take()
    await settle(2000)
    expect([first.said, second.said]).toEqual([['held', 'lost'], ['busy', 'call call-1', 'held']])
  })

  it('is taken from a tab that does not answer any more', async () => {
    vi.useFakeTimers()
    const browser = new Browser()
    const first = browser.open()
    first.tab.want()
    await settle()
    browser.frozen = first.channel
    const second = browser.open()
    second.tab.want()
    await settle(1500)
    expect(second.said).toEqual(['elsewhere'])
    second.tab.take()
    await settle(1500)
    expect(second.said).toEqual(['elsewhere', 'held'])
    expect(first.said).toEqual(['held', 'lost'])
  })
})
