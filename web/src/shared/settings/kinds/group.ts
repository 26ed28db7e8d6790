import { choice, number, reference, route, routeUse, text, toggle, type Body, type Kind, type Trouble } from '../kind'
import { nameOf, say } from '@/shared/i18n'

export const STRATEGIES = ['longest-idle', 'round-robin', 'fewest-calls', 'ring-all', 'linear', 'weighted-random'] as const

/** Who waits less than an agent's phone rings never reaches one. */
function check({ ring_s, max_wait_s, announce_s }: Body): Trouble[] {
  const found: Trouble[] = []
  if (typeof ring_s === 'number' && typeof max_wait_s === 'number' && max_wait_s < ring_s + 10) {
    const value = Math.max(180, ring_s * 4)
    found.push({ field: 'max_wait_s', text: say('settings.group.waitTooShort', { min: ring_s + 10 }), cure: { value, label: say('settings.use', { value }) } })
  }
  if (typeof announce_s === 'number' && announce_s > 0 && announce_s < 15) {
    found.push({ field: 'announce_s', text: say('settings.group.announceTooOften'), cure: { value: 15, label: say('settings.use', { value: 15 }) } })
  }
  return found
}

export const group: Kind = {
  what: 'group', one: 'settings.one.group', tab: 'groups', list: '/api/groups', key: 'id', needs: ['group', 'menu', 'music'],
  title: (body) => nameOf(body as { name_zh: string; name_en: string }),
  fresh: () => ({ name_zh: '', name_en: '', strategy: 'longest-idle', ring_s: 20, wrapup_s: 10, max_wait_s: 300, limit_waiting: 50, announce_s: 30, overflow: { kind: 'voicemail', target: 0 }, asks_rating: true, max_missed: 3, records: true, music_id: null }),
  fields: [
    text('name_zh', 'settings.group.name_zh'),
    text('name_en', 'settings.group.name_en'),
    choice('strategy', 'settings.group.strategy', () => STRATEGIES.map((value) => ({ value, label: say(`settings.group.strategies.${value}`) }))),
    number('ring_s', 'settings.group.ring_s', 5, 120),
    number('wrapup_s', 'settings.group.wrapup_s', 0, 600),
    number('max_missed', 'settings.group.max_missed', 0, 20),
    number('max_wait_s', 'settings.group.max_wait_s', 10, 7200),
    route('overflow', 'settings.group.overflow'),
    number('limit_waiting', 'settings.group.limit_waiting', 1, 1000),
    number('announce_s', 'settings.group.announce_s', 0, 600),
    toggle('asks_rating', 'settings.group.asks_rating'),
    toggle('records', 'recording.group'),
    reference('music_id', 'prompts.music.ofGroup', 'music', 'prompts.music.asBox'),
  ],
  check,
  uses: ({ overflow, music_id }) => [...routeUse(overflow), ...(typeof music_id === 'number' || typeof music_id === 'string' ? [{ what: 'music', key: music_id }] : [])],
}
