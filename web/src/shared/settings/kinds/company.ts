import { choice, text, type Kind } from '../kind'
import { nameOf, say } from '@/shared/i18n'

/** The zones a Chinese company is in, then the world's; a zone of today's row is always among them. */
const ZONES = ['Asia/Shanghai', 'Asia/Urumqi', 'Asia/Hong_Kong', 'Asia/Macau', 'Asia/Taipei', 'Asia/Singapore', 'Asia/Tokyo', 'Asia/Dubai', 'Europe/London', 'Europe/Berlin', 'America/New_York', 'America/Los_Angeles', 'UTC']
const zones = (now: unknown): readonly string[] => (typeof now === 'string' && now !== '' && !ZONES.includes(now) ? [now, ...ZONES] : ZONES)

export const company: Kind = {
  what: 'company', one: 'settings.one.company', tab: 'company', list: '/api/company', single: true, key: 'version', needs: [],
  title: (body) => nameOf(body as { name_zh: string; name_en: string }),
  fields: [
    text('name_zh', 'settings.company.name_zh'),
    text('name_en', 'settings.company.name_en'),
    choice('time_zone', 'settings.company.time_zone', (_refs, { time_zone }) => zones(time_zone).map((value) => ({ value, label: value }))),
    choice('language', 'settings.company.language', () => [{ value: 'zh', label: say('language.zh') }, { value: 'en', label: say('language.en') }]),
  ],
}
