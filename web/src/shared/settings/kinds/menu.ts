import { listDifferences, number, own, reference, route, routeUse, routes, sayRoute, text, type Choice, type Kind, type Refs } from '../kind'
import { say } from '@/shared/i18n'

/** What a key does; `target` is the id of a group or menu, else 0. */
export interface Option {
  readonly key: string
  readonly kind: string
  readonly target: unknown
}
export const KEYS = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '0', '*', '#'] as const

export const optionsOf = (value: unknown): readonly Option[] => (value ?? []) as readonly Option[]
/** Where a key may lead: as any destination, and what only a menu can. */
export const ways = (refs: Refs): Choice[] => [
  ...routes(refs), ...(['selfservice', 'repeat'] as const).map((kind) => ({ value: { kind, target: 0 }, label: sayRoute({ kind, target: 0 }, refs) })),
]

export const menu: Kind = {
  what: 'menu', one: 'settings.one.menu', tab: 'menus', list: '/api/menus', key: 'id', needs: ['menu', 'group', 'prompt'],
  title: ({ name }) => String(name),
  fresh: () => ({ name: '', prompt_id: null, timeout_s: 5, tries: 3, fallback: { kind: 'voicemail', target: 0 }, options: [] }),
  fields: [
    text('name', 'menus.name'),
    reference('prompt_id', 'menus.prompt_id', 'prompt'),
    own('options', 'menus.options', {
      say: (value, refs) => optionsOf(value).map((one) => say('menus.came', { key: one.key, to: sayRoute(one, refs) })).join(say('common.and')) || say('settings.empty'),
      differences: (before, after, refs) => listDifferences<Option>(before, after, ({ key }) => key, {
        came: (one) => say('menus.came', { key: one.key, to: sayRoute(one, refs) }),
        went: (one) => say('menus.went', { key: one.key }),
        became: (from, to) => say('menus.became', { key: to.key, from: sayRoute(from, refs), to: sayRoute(to, refs) }),
      }),
    }),
    number('timeout_s', 'menus.timeout_s', 1, 60),
    number('tries', 'menus.tries', 1, 10),
    route('fallback', 'menus.fallback'),
  ],
  uses: ({ prompt_id, fallback, options }) => [{ what: 'prompt', key: prompt_id }, ...routeUse(fallback), ...optionsOf(options).flatMap(routeUse)],
}
