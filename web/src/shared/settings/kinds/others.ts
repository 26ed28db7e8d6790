/** Kinds that have no page yet: named and told in history, draft and import. */
import { number, text, type Kind } from '../kind'

export const prompt: Kind = {
  what: 'prompt', one: 'settings.one.prompt', list: '/api/prompts', key: 'id', needs: [],
  title: ({ name }) => String(name),
  fields: [text('name', 'settings.named'), text('text_zh', 'settings.prompt.text_zh', { max: 2000, lines: true }), text('text_en', 'settings.prompt.text_en', { max: 2000, lines: true }), number('speed', 'settings.prompt.speed', 0.5, 2)],
}
