import type { About } from './model'

/** Reads one header of an INVITE; undefined when it isn't there. */
export type Header = (name: string) => string | undefined

const KINDS: readonly About['kind'][] = ['queue', 'again', 'internal', 'transfer']

const whole = (text: string | undefined): number | null => (text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : null)

/** `1:1,3:2` as menus and keys; what isn't of that form is left out. */
export function readKeys(text: string): About['keys'] {
  return text.split(',').flatMap((part) => {
    const found = /^(\d{1,9}):([0-9*#]|none|wrong:.?)$/.exec(part.trim())
    return found?.[1] !== undefined && found[2] !== undefined ? [{ menu: Number(found[1]), key: found[2] }] : []
  })
}

/** What the engine says of a call that rings here. Headers are text from the wire: what doesn't fit counts as not said. */
export function readAbout(header: Header): About {
  const kind = header('X-LB-Kind') ?? ''
  return {
    call: (header('X-LB-Call') ?? '').slice(0, 80),
    group: whole(header('X-LB-Group')),
    from: (header('X-LB-From') ?? '').replace(/[^0-9A-Za-z+*#]/g, '').slice(0, 32),
    vip: Math.min(9, whole(header('X-LB-Vip')) ?? 0),
    keys: readKeys(header('X-LB-Keys') ?? ''),
    kind: KINDS.find((one) => one === kind) ?? '',
  }
}
