import { choice, number, text, toggle, type Choice, type Kind, type Refs } from '../kind'
import { say, type Message } from '@/shared/i18n'

const words = <T extends string>(values: readonly T[], word: (value: T) => Message) => (): Choice[] => values.map((value) => ({ value, label: say(word(value)) }))

/** The lines of a kind that a span or port can be part of, and none of them. */
export const trunksOf = (kind: 'e1' | 'analog') => (refs: Refs): Choice[] => [
  { value: null, label: say('lines.unused') },
  ...refs.rows('trunk').filter((row) => row.kind === kind).map(({ id }) => ({ value: id, label: refs.name('trunk', id) })),
]
export const trunkChoice = (kind: 'e1' | 'analog') => choice('trunk_id', 'lines.trunk_id', trunksOf(kind), {
  say: (value, refs) => (value === null || value === undefined ? say('lines.unused') : refs.name('trunk', value)),
})
export const echo = choice('echo', 'lines.echo', words(['software', 'card', 'off'] as const, (value) => `lines.echoes.${value}`))
const plans = words(['unknown', 'local', 'national', 'international'] as const, (value) => `lines.plans.${value}`)

export const span: Kind = {
  what: 'span', one: 'lines.span.one', tab: 'lines', at: 'lines/spans', list: '/api/spans', key: 'id', needs: ['trunk'],
  facts: ['key', 'card_id', 'position', 'kind', 'number', 'first_channel', 'channels'],
  title: (_, key) => say('lines.span.title', { n: Number(key) }),
  fields: [
    trunkChoice('e1'),
    choice('signalling', 'lines.signalling', words(['pri-user', 'pri-network', 'r2'] as const, (value) => `lines.signallings.${value}`)),
    toggle('crc4', 'lines.crc4'),
    choice('line_code', 'lines.line_code', () => [{ value: 'hdb3', label: 'HDB3' }, { value: 'ami', label: 'AMI' }]),
    number('timing', 'lines.timing', 0, 64),
    choice('called_plan', 'lines.called_plan', plans),
    choice('caller_plan', 'lines.caller_plan', plans),
    toggle('overlap', 'lines.overlap'),
    number('r2_called_digits', 'lines.r2_called_digits', 1, 20),
    number('r2_caller_digits', 'lines.r2_caller_digits', 0, 20),
    text('blocked', 'lines.blocked', { max: 100, required: false }),
    echo,
    choice('line_mode', 'lines.line_mode', words(['china', 'hongkong', 'macao', 'taiwan', 'fcc', 'tbr21'] as const, (value) => `lines.modes.${value}`)),
  ],
  uses: ({ trunk_id }) => (trunk_id === null ? [] : [{ what: 'trunk', key: trunk_id }]),
}
