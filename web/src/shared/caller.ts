import { phone } from './format'
import { say } from './i18n'

/** A caller's number for people; docs/names.md, LB_ENTRY `from`: it may be `anonymous` or `invalid`. */
export function callerName(number: string): string {
  if (number === '' || number === 'anonymous') return say('queue.anonymous')
  return number === 'invalid' ? say('queue.invalid') : phone(number)
}
