/** The tabs of the settings and what can be found in them: the one place where a page is declared. */
import { helpOf, labelOf, type Words } from './kind'
import { kinds } from './kinds'
import type { Message } from '@/shared/i18n'
import { say } from '@/shared/i18n'
import { ADMINISTRATORS, type Role } from '@/shared/roles'

export interface Tab {
  /** The last part of its address: `/settings/<name>`. */
  readonly name: string
  readonly word: Message
  readonly roles: readonly Role[]
  /** What a role of the owner's may lack. */
  readonly right?: string
  /** The kind whose rows it counts. */
  readonly counts?: string
  /** What else it holds, beside the fields of its kinds: words of settings that are no rows. */
  readonly more?: readonly Words[]
}

export const tabs: readonly Tab[] = [
  { name: 'numbers', right: 'numbering.see', word: 'settings.tabs.numbers', roles: ADMINISTRATORS, counts: 'did' },
  { name: 'groups', right: 'routing.see', word: 'settings.tabs.groups', roles: ADMINISTRATORS, counts: 'group', more: ['settings.group.wait_s', 'settings.group.waitingMany', 'settings.group.level_percent', 'settings.group.abandoned_15m', 'settings.group.nobody_ready'] },
  { name: 'people', right: 'agents.see', word: 'people.title', roles: ADMINISTRATORS, counts: 'agent' },
  { name: 'extensions', right: 'extensions.see', word: 'phones.title', roles: ADMINISTRATORS, counts: 'extension' },
  { name: 'hours', right: 'calendars.see', word: 'hours.title', roles: ADMINISTRATORS, counts: 'calendar' },
  { name: 'menus', right: 'ivr.see', word: 'menus.title', roles: ADMINISTRATORS, counts: 'menu' },
  { name: 'prompts', right: 'prompts.see', word: 'prompts.title', roles: ADMINISTRATORS, counts: 'prompt' },
  { name: 'voices', right: 'prompts.see', word: 'prompts.usual.title', roles: ADMINISTRATORS },
  { name: 'readings', right: 'prompts.see', word: 'prompts.readings.title', roles: ADMINISTRATORS, counts: 'reading' },
  { name: 'music', right: 'prompts.see', word: 'prompts.music.title', roles: ADMINISTRATORS, counts: 'music' },
  { name: 'lists', right: 'numbering.see', word: 'lists.title', roles: ADMINISTRATORS },
  { name: 'lines', right: 'lines.see', word: 'settings.tabs.lines', roles: ADMINISTRATORS, counts: 'trunk' },
  { name: 'recording', right: 'recordings.see', word: 'recording.title', roles: ADMINISTRATORS },
  { name: 'limits', right: 'limits.see', word: 'limits.title', roles: ADMINISTRATORS, more: ['limits.stopping'] },
  { name: 'company', word: 'settings.tabs.company', roles: ADMINISTRATORS },
  { name: 'network', right: 'host.see', word: 'host.network.title', roles: ADMINISTRATORS, more: ['host.search.address', 'host.search.gateway', 'host.search.dns'] },
  { name: 'clock', right: 'host.see', word: 'clock.title', roles: ADMINISTRATORS, more: ['clock.servers', 'clock.at'] },
  { name: 'certificates', right: 'host.see', word: 'host.certificates.title', roles: ADMINISTRATORS, more: ['host.search.acme', 'host.search.certificate', 'host.search.trust'] },
  { name: 'updates', right: 'host.see', word: 'updates.title', roles: ADMINISTRATORS, more: ['host.search.update'] },
  { name: 'roles', word: 'accounts.roles.title', roles: ADMINISTRATORS, right: 'accounts.see' },
  { name: 'audit', word: 'audit.title', roles: ADMINISTRATORS, right: 'audit.see' },
  { name: 'history', word: 'settings.tabs.history', roles: ADMINISTRATORS },
  { name: 'transfer', word: 'settings.tabs.transfer', roles: ADMINISTRATORS },
]

/** A setting that the search finds. */
export interface Searchable {
  readonly word: string
  readonly help: string
  readonly to: string
  readonly roles: readonly Role[]
  /** The tab it is in. */
  readonly within: string
}

/** Every tab and every field of its kinds, in the reader's language. */
export function searchable(): Searchable[] {
  return tabs.flatMap(({ name, word, roles, more = [] }) => {
    const within = say(word)
    const to = `/settings/${name}`
    const words = [...kinds.filter(({ tab }) => tab === name).flatMap(({ fields }) => fields.map((field) => field.words)), ...more]
    return [{ word: within, help: '', to, roles, within: '' }, ...[...new Set(words)].map((one) => ({ word: labelOf(one), help: helpOf(one), to, roles, within }))]
  })
}
