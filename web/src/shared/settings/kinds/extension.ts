import { isNew } from '../draft'
import { text, type Kind } from '../kind'

export const extension: Kind = {
  what: 'extension', one: 'settings.one.extension', tab: 'extensions', list: '/api/extensions', key: 'number', needs: [],
  title: ({ name, number }, key) => `${String(isNew(key) ? number : key)} ${typeof name === 'string' ? name : ''}`.trim(),
  fresh: () => ({ number: '', name: '' }),
  fields: [text('number', 'phones.number', { max: 6, onlyNew: true }), text('name', 'phones.name', { required: false })],
}
