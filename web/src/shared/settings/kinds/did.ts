import { choice, number, reference, route, routeUse, text, type Kind } from '../kind'
import { phone } from '@/shared/format'
import { say } from '@/shared/i18n'

export const did: Kind = {
  what: 'did', one: 'settings.one.did', tab: 'numbers', list: '/api/dids', key: 'number', needs: ['calendar', 'prompt', 'menu', 'group'],
  title: ({ number: given, name }, key) => [phone(typeof given === 'string' ? given : key), name].filter((one) => one !== '' && one !== undefined).join(' '),
  fresh: () => ({ number: '', name: '', language: 'zh', calendar_id: null, greeting_id: null, destination: { kind: 'voicemail', target: 0 }, mailbox: 0 }),
  fields: [
    text('number', 'settings.did.number', { max: 20, onlyNew: true }),
    text('name', 'settings.did.name', { required: false }),
    choice('language', 'settings.did.language', () => [{ value: 'zh', label: say('language.zh') }, { value: 'en', label: say('language.en') }]),
    reference('calendar_id', 'settings.did.calendar_id', 'calendar'),
    reference('greeting_id', 'settings.did.greeting_id', 'prompt', 'settings.did.noGreeting'),
    route('destination', 'settings.did.destination'),
    number('mailbox', 'settings.did.mailbox', 0, 9999),
  ],
  uses: ({ calendar_id, greeting_id, destination }) => [
    { what: 'calendar', key: calendar_id }, ...(greeting_id === null ? [] : [{ what: 'prompt', key: greeting_id }]), ...routeUse(destination),
  ],
}
