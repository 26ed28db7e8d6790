/** What the page Updates makes of what the box tells (docs/names.md, "Host acts"). */
import type { Slot, Update } from '@/shared/api/shapes'
import { say } from '@/shared/i18n'
import type { Shape, Tone } from '@/shared/parts/Mark.vue'

export interface SlotLook {
  readonly shape: Shape
  readonly tone: Tone
  readonly word: string
}

export function lookOf(slot: Slot): SlotLook {
  switch (slot.state) {
    case 'good':
      return slot.running ? { shape: 'check', tone: 'go', word: say('updates.states.running') } : { shape: 'circle', tone: 'go', word: say('updates.states.good') }
    case 'on-trial':
      return { shape: 'half', tone: 'warn', word: say('updates.states.on-trial') }
    case 'waiting':
      return { shape: 'diamond', tone: 'warn', word: say('updates.states.waiting') }
    case 'refused':
      return { shape: 'triangle', tone: 'stop', word: say('updates.states.refused') }
    case 'writing':
      return { shape: 'stale', tone: 'off', word: say('updates.states.writing') }
    case 'empty':
      return { shape: 'circle', tone: 'off', word: say('updates.states.empty') }
  }
}

export const runningOf = (update: Update): Slot | null => update.slots.find(({ running }) => running) ?? null
export const otherOf = (update: Update): Slot | null => update.slots.find(({ running }) => !running) ?? null

/** The version as people read it. */
export function versionOf(slot: Slot): string {
  if (slot.version !== '') return slot.version
  return say(slot.state === 'empty' || slot.state === 'writing' ? 'updates.nothing' : 'updates.unknown')
}

const UNITS = ['asterisk', 'postgresql', 'pgbouncer', 'nginx', 'linebox-calld', 'linebox-webd', 'restarts'] as const
/** Why a version was refused: the judge names a unit, or nothing when it never came so far. */
export function whyOf(why: string): string {
  if (why === '') return say('updates.why.never')
  const known = UNITS.find((unit) => unit === why)
  return known === undefined ? say('updates.why.other', { unit: why }) : say(`updates.why.${known}`)
}

/** What became of the last trial, or that one is going on; empty when there is nothing to tell. */
export function outcomeOf(update: Update): { readonly text: string; readonly shape: Shape; readonly tone: Tone } | null {
  const running = runningOf(update)
  const other = otherOf(update)
  if (running?.state === 'on-trial') return { text: say('updates.trial', { version: versionOf(running) }), shape: 'half', tone: 'warn' }
  if (running === null || other?.state !== 'refused') return null
  const tried = other.version === '' ? say('updates.cameBackUnknown') : other.version
  return { text: say('updates.cameBack', { version: versionOf(running), tried, why: whyOf(other.why) }), shape: 'triangle', tone: 'stop' }
}

/** What may be done now. */
export function actsOf(update: Update): { readonly install: boolean; readonly restart: Slot | null; readonly back: Slot | null } {
  const idle = update.doing === 'idle'
  const other = otherOf(update)
  const trial = runningOf(update)?.state === 'on-trial'
  return {
    install: idle && other !== null && !trial,
    restart: idle && !trial && other?.next === true ? other : null,
    back: idle && other?.state === 'good' && !other.next ? other : null,
  }
}

const STEPS: readonly (readonly [RegExp, 'checking' | 'copying' | 'finishing'])[] = [
  [/^(updating slots|installing) done/i, 'finishing'],
  [/^(copying|checking slot|updating slots)/i, 'copying'],
  [/^(checking|verifying|determining|installing|$)/i, 'checking'],
]
/** RAUC's step in the reader's language; its own words for one that isn't known. */
export function stepOf(step: string): string {
  const known = STEPS.find(([words]) => words.test(step))
  return known === undefined ? step : say(`updates.steps.${known[1]}`)
}

export const INSTALLING_MS = 2000
export const TRIAL_MS = 10_000
/** How soon the box is asked again; null: not by itself. `restarting`: it was asked to. */
export function againIn(update: Update | null, restarting: boolean): number | null {
  if (update?.doing === 'installing') return INSTALLING_MS
  return restarting || (update !== null && runningOf(update)?.state === 'on-trial') ? TRIAL_MS : null
}
