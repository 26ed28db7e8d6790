import type { CallEvent } from '@/shared/api/shapes'
import { callerName } from '@/shared/caller'
import { clockTime, phone } from '@/shared/format'
import { isMessage, say } from '@/shared/i18n'

export interface Step {
  readonly n: number
  readonly at: string
  readonly title: string
  readonly detail: string
}

/** Names that a step's numbers stand for, as far as they are known. */
export interface Names {
  group(id: string): string
  agent(number: string): string
  phone(extension: string): string
}

const word = (prefix: string, key: string): string => {
  const message = `${prefix}.${key}`
  return isMessage(message) ? say(message) : key
}

/** One event of a call in words; events we have no words for keep their own. */
export function stepOf({ n, at, kind, fields }: CallEvent, names: Names): Step {
  const field = (key: string): string => {
    const value = fields[key]
    return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
  }
  const joined = (...parts: readonly string[]): string => parts.filter((part) => part !== '').join(say('common.dot'))
  const step = (title: string, detail = ''): Step => ({ n, at, title, detail })
  switch (kind) {
    case 'start':
      return step(say('event.start'), field('channel'))
    case 'entry':
      return step(say('event.entry'), joined(`${callerName(field('from'))} → ${phone(field('did'))}`, field('trunk')))
    case 'answer':
      return step(say('event.answer'))
    case 'route': {
      const id = field('to') === 'group' ? names.group(field('id')) : ''
      return step(say('event.route'), joined(word('route', field('to')), id))
    }
    case 'list':
      return step(say('lists.white'), say('lists.letIn'))
    case 'menu': {
      const key = field('key')
      if (key === 'none') return step(say('call.noKey'))
      return key.startsWith('wrong:') ? step(say('call.wrongKey', { key: key.slice(6) })) : step(say('call.key', { key }))
    }
    case 'lookup':
      return step(say('event.lookup'), joined(word('lookupName', field('name')), word('lookup', field('outcome')), field('ms') === '' ? '' : `${field('ms')} ms`))
    case 'queue':
      return step(word('event', field('do')), joined(names.group(field('group')), word('queueStatus', field('status'))))
    case 'ring':
      return step(say('event.ring'), names.phone(field('number')))
    case 'talk':
      return step(say('event.talk'), names.phone(field('with')))
    case 'connect':
      return step(say('event.connect'), joined(names.agent(field('agent')), field('ext')))
    case 'leg-end':
      return step(say('event.legEnd'), joined(names.phone(field('number')), field('cause') === '' ? '' : `${say('call.cause')} ${field('cause')}`))
    case 'rec':
      if (field('why') === 'rule') return step(say('recording.byRule'))
      return step(say(field('do') === 'stop' ? 'event.recStop' : 'event.recStart'))
    case 'hold':
      return step(say('listen.eventHold'), names.phone(field('by')))
    case 'unhold':
      return step(say('listen.eventUnhold'), names.phone(field('by')))
    case 'transfer':
      if (field('kind') === 'back') return step(say('listen.eventBack'), names.phone(field('by')))
      return step(say('listen.eventTransfer'), joined(field('by') === '' ? '' : names.phone(field('by')), field('to') === '' ? '' : say('listen.transferTo', { who: names.phone(field('to')) })))
    case 'consult':
      return step(say('listen.eventConsult'), names.phone(field('did')))
    case 'rating':
      return step(say('event.rating'), `${field('value')} / 5`)
    case 'vm':
      return step(say('event.voicemail'), field('s') === '' ? '' : clockTime(Number(field('s'))))
    case 'freed':
      return step(say('event.freed'), field('trunk'))
    case 'deny':
      return step(say('event.deny'), field('what'))
    case 'end':
      return step(say(field('cut') === '' ? 'event.end' : 'event.cut'))
    default:
      return step(kind, joined(...Object.keys(fields).map((key) => `${key} ${field(key)}`)))
  }
}
