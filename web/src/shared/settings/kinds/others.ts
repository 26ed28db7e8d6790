/** Kinds that have no page yet: named and told in history, draft and import. */
import { text, number, route, routeUse, own, reference, type Kind } from '../kind'
import { say } from '@/shared/i18n'

const counted = (value: unknown): string => say('settings.entries', { n: Array.isArray(value) ? value.length : 0 })

export const extension: Kind = {
  what: 'extension', one: 'settings.one.extension', list: '/api/extensions', key: 'number', needs: [],
  title: ({ name }, key) => `${key} ${typeof name === 'string' ? name : ''}`.trim(),
  fields: [text('name', 'settings.named', { required: false })],
}

export const calendar: Kind = {
  what: 'calendar', one: 'settings.one.calendar', list: '/api/calendars', key: 'id', needs: [],
  title: ({ name }) => String(name),
  fields: [text('name', 'settings.named'), own('hours', 'settings.calendar.hours', { say: counted }), own('days', 'settings.calendar.days', { say: counted })],
}

export const prompt: Kind = {
  what: 'prompt', one: 'settings.one.prompt', list: '/api/prompts', key: 'id', needs: [],
  title: ({ name }) => String(name),
  fields: [text('name', 'settings.named'), text('text_zh', 'settings.prompt.text_zh', { max: 2000, lines: true }), text('text_en', 'settings.prompt.text_en', { max: 2000, lines: true }), number('speed', 'settings.prompt.speed', 0.5, 2)],
}

export const menu: Kind = {
  what: 'menu', one: 'settings.one.menu', list: '/api/menus', key: 'id', needs: ['menu', 'group', 'prompt'],
  title: ({ name }) => String(name),
  fields: [
    text('name', 'settings.named'), reference('prompt_id', 'settings.menu.prompt_id', 'prompt'), own('options', 'settings.menu.options', { say: counted }),
    number('timeout_s', 'settings.menu.timeout_s', 1, 60), number('tries', 'settings.menu.tries', 1, 10), route('fallback', 'settings.menu.fallback'),
  ],
  uses: ({ prompt_id, fallback, options }) => [{ what: 'prompt', key: prompt_id }, ...routeUse(fallback), ...((options ?? []) as readonly unknown[]).flatMap(routeUse)],
}
