import type { LiveParts, Message, Patches, RawParts, Snapshot } from './model'

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

/** Entries that stayed are the same objects as before, so what shows them has nothing to do. */
function patched<Entry, Key>(before: readonly Entry[], patch: { readonly put: readonly Entry[]; readonly drop: readonly Key[] } | null | undefined, keyOf: (entry: Entry) => Key): readonly Entry[] {
  if (!patch) return before
  const entries = new Map(before.map((entry) => [keyOf(entry), entry]))
  for (const key of patch.drop) entries.delete(key)
  for (const entry of patch.put) entries.set(keyOf(entry), entry)
  return [...entries.values()]
}

function mend(before: LiveParts, patches: Patches): LiveParts {
  return {
    ...before,
    groups: patched(before.groups, patches.groups, (group) => group.id),
    agents: patched(before.agents, patches.agents, (agent) => agent.number),
    calls: patched(before.calls, patches.calls, (call) => call.id),
    trunks: patched(before.trunks, patches.trunks, (trunk) => trunk.name),
    daemons: patched(before.daemons, patches.daemons, (daemon) => daemon.unit),
  }
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
  const laid = lay(before, message.set ?? {})
  return { kind: 'changed', snapshot: { ...(message.patch ? mend(laid, message.patch) : laid), epoch, seq, at } }
}
