/** What the owner must do: the box's alarms in words with the page where each is cured, and what was left undone. */
import type { Trouble } from './api'
import { told } from '@/desks/board/alarmWords'
import { language, say } from '@/shared/i18n'
import type { Alarm, Weight } from '@/shared/live/alarms'

export interface Issue {
  readonly key: string
  readonly weight: Weight
  readonly cause: string
  readonly cure: string
  /** Where it is cured; null: not on a page. */
  readonly to: string | null
  readonly act: string
}

function wayOf(alarm: Alarm): { to: string | null; act: string } {
  switch (alarm.kind) {
    case 'asterisk':
    case 'unit':
    case 'journal':
      return { to: '/system', act: say('home.toSystem') }
    case 'trunk':
      return { to: '/settings/lines', act: say('home.toLines') }
    case 'agents':
    case 'queue':
    case 'level':
    case 'abandoned':
      return { to: '/', act: say('home.toBoard') }
  }
}

/** `certificate`: why none comes; `unapplied`: changes that are saved and don't count yet; `lost`: callers whom nobody took on. */
export function issuesOf(alarms: readonly Alarm[], certificate: Trouble | null, unapplied: number, lost: number): Issue[] {
  const issues: Issue[] = alarms.map((alarm) => ({ key: alarm.key, weight: alarm.weight, ...told(alarm), ...wayOf(alarm) }))
  if (certificate !== null) issues.push({ key: 'certificate', weight: 'warn', cause: say('home.certificate'), cure: certificate[language.value], to: '/settings/certificates', act: say('home.toCertificates') })
  if (unapplied > 0) issues.push({ key: 'unapplied', weight: 'warn', cause: say('home.unapplied', { n: unapplied }), cure: say('home.unappliedCure'), to: '/settings/history', act: say('home.toHistory') })
  if (lost > 0) issues.push({ key: 'lost', weight: 'warn', cause: say('home.lostOnes', { n: lost }), cure: say('home.lostCure'), to: '/follow-ups', act: say('home.toFollowUps') })
  return issues
}
