/** One phone in a browser, whatever number of tabs: Web Locks hold it, the tabs talk over a BroadcastChannel. */

type Word =
  | { readonly say: 'ask'; readonly from: string }
  | { readonly say: 'take'; readonly from: string }
  | { readonly say: 'busy'; readonly to: string }
  | { readonly say: 'call'; readonly to: string; readonly call: string }

export interface TabListener {
  /** This tab has the phone now. */
  held(): void
  /** Another tab has taken it; the phone here is let go without a word. */
  lost(): void
  /** Another tab has it: in a call (`busy`), or it doesn't answer. */
  elsewhere(busy: boolean): void
  /** The call that the other tab was in comes here. */
  handed(call: string): void
}

export interface TabWiring {
  readonly name: string
  readonly locks: Pick<LockManager, 'request'>
  readonly channel: Pick<BroadcastChannel, 'postMessage' | 'close'> & { onmessage: ((event: MessageEvent) => void) | null }
  readonly listener: TabListener
  /** The id of the call that this tab talks in; null when it is free to let go. */
  readonly inCall: () => string | null
  /** Milliseconds after which a tab that doesn't answer counts as frozen. */
  readonly patienceMs?: number
}

/** The tab opened last gets the phone, unless the one that has it is in a call. */
export class OneTab {
  private readonly id = Math.random().toString(36).slice(2)
  private release: (() => void) | null = null
  private waiting: AbortController | null = null
  private patience: ReturnType<typeof setTimeout> | undefined

  constructor(private readonly wiring: TabWiring) {
    wiring.channel.onmessage = ({ data }) => { this.hear(data as Word) }
  }

  /** Ask for the phone. The answer is `held` sooner or later; until then `elsewhere`. */
  want(): void {
    if (this.release !== null || this.waiting !== null) return
    const waiting = this.queue({})
    void Promise.resolve().then(() => {
      this.wiring.channel.postMessage({ say: 'ask', from: this.id } satisfies Word)
    })
    clearTimeout(this.patience)
    this.patience = setTimeout(() => {
      if (this.waiting === waiting) this.wiring.listener.elsewhere(false)
    }, this.wiring.patienceMs ?? 1200)
  }

  /** Take the phone away from the tab that has it, whatever it does; its call comes here. */
  take(): void {
    if (this.release !== null) return
    this.wiring.channel.postMessage({ say: 'take', from: this.id } satisfies Word)
    clearTimeout(this.patience)
    this.patience = setTimeout(() => {
      if (this.release === null) this.queue({ steal: true })
    }, this.wiring.patienceMs ?? 1200)
  }

  /** Give the phone up for good. */
  close(): void {
    clearTimeout(this.patience)
    this.waiting?.abort()
    this.waiting = null
    this.letGo()
    this.wiring.channel.onmessage = null
    this.wiring.channel.close()
  }

  private queue(options: { steal?: boolean }): AbortController {
    this.waiting?.abort()
    const waiting = new AbortController()
    this.waiting = waiting
    const signal = options.steal === true ? {} : { signal: waiting.signal }
    let mine = false
    this.wiring.locks
      .request(this.wiring.name, { ...options, ...signal }, () => {
        if (this.waiting !== waiting) return Promise.resolve()
        mine = true
        this.waiting = null
        clearTimeout(this.patience)
        const held = new Promise<void>((release) => { this.release = release })
        this.wiring.listener.held()
        return held
      })
      .catch(() => {
        // Taken by force while held here; giving up waiting is no news.
        if (!mine || this.release === null) return
        this.release = null
        this.lose()
      })
    return waiting
  }

  private hear(word: Word): void {
    switch (word.say) {
      case 'ask':
        if (this.release === null) return
        if (this.wiring.inCall() === null) this.yield()
        else this.wiring.channel.postMessage({ say: 'busy', to: word.from } satisfies Word)
        return
      case 'take': {
        if (this.release === null) return
        const call = this.wiring.inCall()
        if (call !== null) this.wiring.channel.postMessage({ say: 'call', to: word.from, call } satisfies Word)
        this.yield()
        return
      }
      case 'busy':
        if (word.to !== this.id || this.release !== null) return
        clearTimeout(this.patience)
        this.wiring.listener.elsewhere(true)
        return
      case 'call':
        if (word.to === this.id) this.wiring.listener.handed(word.call)
    }
  }

  private letGo(): void {
    const { release } = this
    this.release = null
    release?.()
  }

  private yield(): void {
    this.letGo()
    this.lose()
  }

  /** Not ours any more; it comes back when the other tab is closed. */
  private lose(): void {
    this.wiring.listener.lost()
    this.queue({})
  }
}
