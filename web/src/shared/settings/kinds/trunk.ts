import { number, text, type Kind } from '../kind'

export const trunk: Kind = {
  what: 'trunk', one: 'settings.one.trunk', tab: 'lines', list: '/api/trunks', key: 'id', needs: [],
  title: ({ name }) => String(name),
  fresh: () => ({ name: '', host: '', port: 5060, max_calls: 30 }),
  fields: [
    text('name', 'settings.trunk.name', { max: 30 }),
    text('host', 'settings.trunk.host', { max: 45 }),
    number('port', 'settings.trunk.port', 1, 65535),
    number('max_calls', 'settings.trunk.max_calls', 1, 1000),
  ],
}
