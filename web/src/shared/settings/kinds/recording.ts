import { own, toggle, type Body, type Kind, type Trouble } from '../kind'
import { say } from '@/shared/i18n'

const MOST = 3650

/** Null is for ever; anything else is a whole number of days. */
function check({ keep_days: days }: Body): Trouble[] {
  const good = days === null || (typeof days === 'number' && Number.isInteger(days) && days >= 1 && days <= MOST)
  return good ? [] : [{ field: 'keep_days', text: say('settings.needsNumber', { min: 1, max: MOST }), cure: { value: null, label: say('recording.forever') } }]
}

export const recording: Kind = {
  what: 'recording-rules', one: 'recording.one', tab: 'recording', list: '/api/recording-rules', single: true, key: 'id', needs: [],
  title: () => say('recording.title'),
  fields: [
    own('keep_days', 'recording.keep_days', { say: (value) => (value === null || value === undefined ? say('recording.forever') : `${value as string | number} ${say('recording.keep_days.unit')}`) }),
    toggle('calls_out', 'recording.calls_out'),
  ],
  check,
}
