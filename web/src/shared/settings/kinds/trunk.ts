import { choice, number, text, type Body, type Kind, type Refs } from '../kind'
import { say } from '@/shared/i18n'

export const TRUNK_KINDS = ['sip', 'e1', 'analog'] as const
export type TrunkKind = (typeof TRUNK_KINDS)[number]

const CHOICES = ['ascending', 'round', 'least-used'] as const

/** What could be made of the cards that there are; SIP needs none. */
export function kindsThere(refs: Refs): TrunkKind[] {
  const e1 = refs.rows('span').some(({ kind }) => kind === 'e1')
  const analog = refs.rows('port').some(({ kind }) => kind === 'fxo')
  return TRUNK_KINDS.filter((kind) => kind === 'sip' || (kind === 'e1' ? e1 : analog))
}
const kindChoices = (refs: Refs, body: Body): { value: unknown; label: string }[] =>
  TRUNK_KINDS.filter((kind) => kind === body.kind || !('kind' in body) || kindsThere(refs).includes(kind)).map((value) => ({ value, label: say(`lines.kinds.${value}`) }))

export const trunk: Kind = {
  what: 'trunk', one: 'settings.one.trunk', tab: 'lines', list: '/api/trunks', key: 'id', needs: ['span', 'port'],
  title: ({ name }) => String(name),
  fresh: () => ({ name: '', kind: 'sip', host: '', port: 5060, max_calls: 30, choice: 'ascending', did_prefix: '' }),
  fields: [
    text('name', 'settings.trunk.name', { max: 30 }),
    choice('kind', 'lines.kind', kindChoices, { onlyNew: true }),
    text('host', 'settings.trunk.host', { max: 45, required: false }),
    number('port', 'settings.trunk.port', 1, 65535),
    number('max_calls', 'settings.trunk.max_calls', 1, 1000),
    choice('choice', 'lines.choice', (_, { kind }) => CHOICES.filter((one) => one !== 'least-used' || kind === 'analog').map((value) => ({ value, label: say(`lines.choices.${value}`) }))),
    text('did_prefix', 'lines.did_prefix', { max: 10, required: false }),
  ],
  check: ({ kind, host }) => ((kind ?? 'sip') === 'sip' && host === '' ? [{ field: 'host', text: say('settings.missing') }] : []),
}
