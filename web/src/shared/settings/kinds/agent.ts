import { choice, listDifferences, own, text, type Kind } from '../kind'
import { say } from '@/shared/i18n'

export interface Membership {
  readonly group_id: number
  readonly penalty: number
}

export const agent: Kind = {
  what: 'agent', one: 'settings.one.agent', list: '/api/agents', key: 'number', needs: ['group'],
  title: ({ name }, key) => `${String(name)} ${key}`,
  fields: [
    text('name', 'settings.agent.name'),
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
  uses: ({ memberships }) => ((memberships ?? []) as readonly Membership[]).map(({ group_id }) => ({ what: 'group', key: group_id })),
}
