import type { Names } from './steps'
import { nameOf } from '@/shared/i18n'
import { useLive } from '@/shared/live/store'

/** Names from the live picture: an agent's phone is known while they are logged in at it. */
export function useNames(): Names {
  const live = useLive()
  const agent = (number: string): string => {
    const found = live.agentsByNumber.get(number)
    return found ? `${found.name} ${number}` : number
  }
  return {
    agent,
    group: (id) => {
      const found = live.groupsById.get(Number(id))
      return found ? nameOf(found) : id
    },
    phone: (extension) => {
      const found = live.snapshot?.agents.find((one) => one.ext === extension)
      return found ? `${found.name} ${extension}` : extension
    },
  }
}
