import { isNew } from '../draft'
import { choice, listDifferences, own, text, type Body, type Kind, type Trouble } from '../kind'
import { say } from '@/shared/i18n'

export interface Membership {
  readonly group_id: number
  readonly penalty: number
}

const given = (value: unknown): boolean => typeof value === 'string' && value !== ''
/** A new agent (whose number is in the body) needs a PIN. */
function check({ number, pin }: Body): Trouble[] {
  if (!given(pin)) return number === undefined ? [] : [{ field: 'pin', text: say('people.pinNeeded') }]
  return /^[0-9]{4,8}$/.test(pin as string) ? [] : [{ field: 'pin', text: say('people.pinBad') }]
}

export const agent: Kind = {
  what: 'agent', one: 'settings.one.agent', tab: 'people', list: '/api/agents', key: 'number', needs: ['group'],
  title: ({ name, number }, key) => `${String(name)} ${String(isNew(key) ? number : key)}`.trim(),
  fresh: () => ({ number: '', name: '', language: 'zh', memberships: [], pin: null }),
  fields: [
    text('number', 'people.number', { max: 6, onlyNew: true }),
    text('name', 'settings.agent.name'),
    own('pin', 'people.pin', { secret: true, say: (value) => say(given(value) ? 'people.pinSet' : 'people.pinKept') }),
    choice('language', 'settings.agent.language', () => [{ value: 'zh', label: say('language.zh') }, { value: 'en', label: say('language.en') }]),
    own('memberships', 'settings.agent.memberships', {
      say: (value, refs) => ((value ?? []) as readonly Membership[]).map(({ group_id }) => refs.name('group', group_id)).join(say('common.and')) || say('settings.empty'),
      differences: (before, after, refs) => listDifferences<Membership>(before, after, ({ group_id }) => group_id, {
        came: ({ group_id, penalty }) => say('settings.agent.joins', { group: refs.name('group', group_id), turn: penalty + 1 }),
        went: ({ group_id }) => say('settings.agent.leaves', { group: refs.name('group', group_id) }),
        became: (from, to) => say('settings.agent.turns', { group: refs.name('group', to.group_id), from: from.penalty + 1, to: to.penalty + 1 }),
      }),
    }),
  ],
  check,
  uses: ({ memberships }) => ((memberships ?? []) as readonly Membership[]).map(({ group_id }) => ({ what: 'group', key: group_id })),
}
