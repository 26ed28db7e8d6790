/** Whom a call can be sent to: read from the live picture, found by a few letters. */
import type { AgentState, LiveGroup, Snapshot } from '@/shared/live/model'

export type Target =
  | { readonly kind: 'agent'; readonly number: string; readonly name: string; readonly state: AgentState }
  | { readonly kind: 'group'; readonly number: string; readonly name: string; readonly free: number; readonly waiting: number }
  | { readonly kind: 'number'; readonly number: string }

const rank: Record<AgentState, number> = { ready: 0, wrapup: 1, paused: 2, ringing: 3, talking: 4, unreachable: 5, out: 6 }

/** Groups dial `*2<id>`, agents their staff number (docs/names.md). A number from three digits counts as one to dial. */
export function targetsOf(snapshot: Snapshot | null, me: string, text: string, nameOf: (group: LiveGroup) => string): readonly Target[] {
  const wanted = text.toLowerCase()
  const fits = (...words: string[]): boolean => wanted === '' || words.some((word) => word.toLowerCase().includes(wanted))
  const agents = (snapshot?.agents ?? [])
    .filter((one) => one.number !== me && fits(one.name, one.number))
    .map((one): Target => ({ kind: 'agent', number: one.number, name: one.name, state: one.state }))
    .sort((a, b) => (a.kind === 'agent' && b.kind === 'agent' ? rank[a.state] - rank[b.state] || a.number.localeCompare(b.number) : 0))
  const groups = (snapshot?.groups ?? [])
    .filter((one) => fits(one.name_zh, one.name_en, `*2${one.id}`))
    .map((one): Target => ({
      kind: 'group', number: `*2${one.id}`, name: nameOf(one), waiting: one.waiting.length,
      free: (snapshot?.agents ?? []).filter((agent) => agent.state === 'ready' && agent.groups.includes(one.id)).length,
    }))
  const digits = text.replace(/[\s-]/g, '')
  const known = agents.some((one) => one.number === digits)
  const number: Target[] = /^[0-9*#+]{3,32}$/.test(digits) && !known ? [{ kind: 'number', number: digits }] : []
  return [...number, ...agents, ...groups]
}
