import { callerName } from '@/shared/caller'
import { say } from '@/shared/i18n'
import type { EndedCall } from '@/shared/phone/model'

/** What became of a call, in a sentence for the agent. */
export function endWords(call: EndedCall): string {
  const to = callerName(call.number)
  if (call.stage === 'ringing' && call.way === 'in') return call.by === 'us' ? '' : say('desk.end.missed')
  if (call.cause === 'transferred') return say('desk.end.transferred', { to: call.transfer?.to ?? '' })
  if (call.cause === 'network') return say(call.stage === 'talking' ? 'desk.end.network' : 'desk.end.networkOut')
  return say(`desk.end.${call.cause}`, { to })
}
