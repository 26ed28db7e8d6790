import type { LiveParts, Message, RawParts, Snapshot } from './model'

/** What a message makes of the picture: a new one, the same one, or the news that one was missed. */
export type Outcome = { kind: 'changed'; snapshot: Snapshot } | { kind: 'old' } | { kind: 'gap' }

const NOTHING: LiveParts = {
  asterisk: null,
  generation: null,
  groups: [],
  agents: [],
  calls: [],
  trunks: [],
  journal: null,
  daemons: [],
  stale_since: null,
}

/** Lay the parts that are known over `before`; null clears only a part that may be empty. */
function lay(before: LiveParts, parts: RawParts): LiveParts {
  const known = Object.entries(parts).filter(([part, value]) => value !== null || part === 'stale_since')
  return { ...before, ...Object.fromEntries(known) }
}

/**
 * Take a message into the picture. `seq` grows by one with each change of an epoch, so the same or a
 * smaller one has been seen; a larger step or another epoch without a whole snapshot means that
 * something was lost and all must be asked anew.
 */
export function reduce(before: Snapshot | null, message: Message): Outcome {
  const { epoch, seq, at } = message
  if (message.snapshot) return { kind: 'changed', snapshot: { ...lay(NOTHING, message.snapshot), epoch, seq, at } }
  if (before?.epoch !== epoch) return { kind: 'gap' }
  if (seq <= before.seq) return { kind: 'old' }
  if (seq > before.seq + 1) return { kind: 'gap' }
  return { kind: 'changed', snapshot: { ...lay(before, message.set ?? {}), epoch, seq, at } }
}
