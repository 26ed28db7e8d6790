/** What a line's lamp says: shape, colour, word. */
import type { Line, Trial } from './api'
import { say } from '@/shared/i18n'
import type { Shape, Tone } from '@/shared/parts/Mark.vue'

export interface Lamp {
  readonly shape: Shape
  readonly tone: Tone
  readonly word: string
}

/** A call's word counts more than the carrier's answer, and that more than nothing. */
export function lampOf(line: Line, trial: Trial | null, asked: boolean): Lamp {
  if (trial !== null && trial.works === null) return { shape: 'ring', tone: 'call', word: say(`setup.lines.verdict.${trial.verdict}`) }
  if (trial !== null && trial.verdict !== 'failed' && trial.verdict !== 'denied') {
    const word = say(trial.verdict === 'answered' ? 'setup.lines.ok' : `setup.lines.verdict.${trial.verdict}`)
    if (trial.works === true) return { shape: 'check', tone: 'go', word }
    return { shape: 'triangle', tone: 'stop', word }
  }
  if (line.answer_ms !== null) return { shape: 'check', tone: 'go', word: say('setup.lines.ok') }
  return asked ? { shape: 'triangle', tone: 'stop', word: say('setup.lines.verdict.unreachable') } : { shape: 'circle', tone: 'off', word: say('setup.lines.unknown') }
}
