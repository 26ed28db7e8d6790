/** A wall is never reloaded by hand: it looks itself whether the box has newer pages. */

const LOOK_MS = 600_000
/** With callers waiting all day a reload comes after this all the same; it takes a second. */
const AT_LATEST_MS = 3_600_000

const scripts = (html: string): string => [...html.matchAll(/<script[^>]*\ssrc="([^"]+)"/g)].map(([, src]) => src).join()
const own = (): string => [...document.querySelectorAll<HTMLScriptElement>('script[src]')].map((script) => script.getAttribute('src')).join()

/** Reloads the page when the box serves another one and `isIdle()`; the returned function ends it. */
export function renewWhenNew(isIdle: () => boolean, reload: () => void = () => { location.reload() }): () => void {
  let newSince: number | null = null
  const look = async (): Promise<void> => {
    try {
      const answer = await fetch('/', { cache: 'no-store', signal: AbortSignal.timeout(10_000) })
      const served = answer.ok ? scripts(await answer.text()) : ''
      if (served === '' || served === own()) newSince = null
      else newSince ??= Date.now()
    } catch {
      // The box is away: later.
    }
  }
  const looking = setInterval(() => void look(), LOOK_MS)
  const waiting = setInterval(() => {
    if (newSince !== null && (isIdle() || Date.now() - newSince > AT_LATEST_MS)) reload()
  }, 1000)
  return () => {
    clearInterval(looking)
    clearInterval(waiting)
  }
}
