import { impedanceOf, impedances } from '../impedances'
import { choice, number, reference, text, toggle, type Kind } from '../kind'
import { echo, trunkChoice } from './span'
import { say } from '@/shared/i18n'

const schemes = ['fsk', 'dtmf-before-ring', 'dtmf-after-ring', 'polarity', 'off'] as const

export const port: Kind = {
  what: 'port', one: 'lines.port.one', tab: 'lines', at: 'lines/ports', list: '/api/ports', key: 'id', needs: ['trunk', 'extension', 'span'],
  facts: ['span_id', 'position', 'kind', 'channel', 'line'],
  title: (_, key) => say('lines.port.title', { n: Number(key) }),
  fields: [
    trunkChoice('analog'),
    text('number', 'lines.number', { max: 20, required: false }),
    choice('caller_id', 'lines.caller_id', () => schemes.map((value) => ({ value, label: say(`lines.schemes.${value}`) }))),
    toggle('answer_polarity', 'lines.answer_polarity'),
    toggle('hangup_polarity', 'lines.hangup_polarity'),
    toggle('hangup_busy', 'lines.hangup_busy'),
    text('busy_pattern', 'lines.busy_pattern', { max: 19 }),
    number('busy_count', 'lines.busy_count', 4, 12),
    number('quiet_min', 'lines.quiet_min', 0, 240),
    number('quiet_wait_min', 'lines.quiet_wait_min', 1, 240),
    reference('extension', 'lines.extension', 'extension', 'lines.noExtension'),
    toggle('shows_caller', 'lines.shows_caller'),
    toggle('flash', 'lines.flash'),
    number('flash_ms', 'lines.flash_ms', 80, 1250),
    number('rx_gain_db', 'lines.rx_gain_db', -12, 12),
    number('tx_gain_db', 'lines.tx_gain_db', -12, 12),
    echo,
    choice('impedance', 'lines.impedance', impedances, { say: (value) => (typeof value === 'number' ? impedanceOf(value) : say('lines.impedances.auto')) }),
  ],
  uses: ({ trunk_id, extension }) => [
    ...(trunk_id === null ? [] : [{ what: 'trunk', key: trunk_id }]),
    ...(extension === null ? [] : [{ what: 'extension', key: extension }]),
  ],
}
