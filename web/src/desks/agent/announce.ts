import { clockTime } from '@/shared/format'

interface Ring {
  readonly title: () => string
  readonly heading: string
  readonly words: string
  readonly since: number
}

export interface Announced {
  end: () => void
}

/** Tell that it rings where the page isn't looked at: in the browser's title, and by a desktop notice. */
export function announce({ title, heading, words, since }: Ring): Announced {
  let before = document.title
  let mine = ''
  const tell = (): void => {
    if (document.title !== mine) before = document.title
    mine = `(${clockTime((Date.now() - since) / 1000)}) ${title()}`
    document.title = mine
  }
  tell()
  const timer = setInterval(tell, 1000)
  let notice: Notification | null = null
  if ('Notification' in window && Notification.permission === 'granted' && document.visibilityState === 'hidden') {
    try {
      notice = new Notification(heading, { body: words, tag: 'linebox-call', requireInteraction: true, silent: true })
      notice.onclick = () => {
        focus()
        notice?.close()
      }
    } catch {
      // Some browsers allow notices only from a worker; the ring and the title tell as well.
    }
  }
  return {
    end: () => {
      clearInterval(timer)
      if (document.title === mine) document.title = before
      notice?.close()
    },
  }
}
