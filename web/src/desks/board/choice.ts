/** Choosing several of a list as desktops do it: click, Ctrl, Shift, and the same by keys. Pure. */

export interface Choice {
  readonly chosen: ReadonlySet<string>
  /** Where a range begins. */
  readonly anchor: string | null
  /** Where the keys are. */
  readonly at: string | null
}
export const NOTHING: Choice = { chosen: new Set(), anchor: null, at: null }

export type How = 'only' | 'toggle' | 'range'

/** The choice after `key` was clicked (or reached by keys) in a list in this order. */
export function choose(before: Choice, order: readonly string[], key: string, how: How): Choice {
  if (how === 'only') {
    const alone = before.chosen.size === 1 && before.chosen.has(key)
    return { chosen: alone ? new Set() : new Set([key]), anchor: key, at: key }
  }
  if (how === 'toggle') {
    const chosen = new Set(before.chosen)
    if (!chosen.delete(key)) chosen.add(key)
    return { chosen, anchor: key, at: key }
  }
  const from = order.indexOf(before.anchor ?? key)
  const to = order.indexOf(key)
  if (from < 0 || to < 0) return choose(before, order, key, 'only')
  return { chosen: new Set(order.slice(Math.min(from, to), Math.max(from, to) + 1)), anchor: before.anchor ?? key, at: key }
}

/** Those who are gone are no longer chosen. */
export function still(before: Choice, there: ReadonlySet<string>): Choice {
  if ([...before.chosen].every((key) => there.has(key))) return before
  return { ...before, chosen: new Set([...before.chosen].filter((key) => there.has(key))) }
}

/** Where an arrow, Home or End leads from `at` in a list laid in so many columns; null for other keys. */
export function step(order: readonly string[], at: string | null, key: string, columns: number): string | null {
  const place = Math.max(0, at === null ? 0 : order.indexOf(at))
  const steps: Partial<Record<string, number>> = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns, Home: -order.length, End: order.length }
  const by = steps[key]
  if (by === undefined) return null
  return order[Math.min(order.length - 1, Math.max(0, place + by))] ?? null
}
