import type { FollowUp } from '@/shared/api/shapes'
import type { Look } from '@/shared/parts/marks'

export type Kind = FollowUp['kinds'][number]
export type State = FollowUp['state']
export type Outcome = NonNullable<FollowUp['result']>

export const KINDS: readonly Kind[] = ['missed', 'abandoned', 'blocked', 'voicemail', 'cut']
export const OUTCOMES: readonly Outcome[] = ['reached', 'unreachable', 'wrong-number', 'not-needed']
export const UNCLOSED: readonly State[] = ['open', 'taken', 'called']

export const stateLook: Record<State, Look> = {
  open: { shape: 'diamond', tone: 'warn' },
  taken: { shape: 'half', tone: 'call' },
  called: { shape: 'ring', tone: 'call' },
  closed: { shape: 'check', tone: 'go' },
}

/** A caller who waits so long has waited too long: ◆ from half of it, ▲ from all of it. */
export const LATE_S = 4 * 3600
