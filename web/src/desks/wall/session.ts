/** The wall's own session: a link made by a supervisor gives it, figures only, for as long as it is used. */
import { ref } from 'vue'
import type { components } from '@/shared/api/schema'
import { ApiError, ask } from '@/shared/api/client'
import { keepCompany } from '@/shared/company'

type WallSession = components['schemas']['WallSession']
const RENEW_MS = 12 * 3_600_000

/** `asking`: not known yet; `refused`: the link has ended; `open`: the wall may look. */
export const wall = ref<'asking' | 'open' | 'refused'>('asking')

/** Take up the link's token if the address bears one, else the session that is there; again until the box answers. */
export async function takeUp(): Promise<void> {
  const token = /^#(.+)$/.exec(location.hash)?.[1]
  try {
    const said = token === undefined ? await ask<WallSession>('/api/wall/session') : await ask<WallSession>('/api/wall/session', { method: 'POST', body: { token } })
    if (said.company) keepCompany(said.company)
    wall.value = said.open ? 'open' : 'refused'
  } catch (error) {
    if (error instanceof ApiError && (error.status === 401 || error.status === 403 || error.status === 422)) wall.value = 'refused'
    else setTimeout(() => void takeUp(), 3000)
  }
}

/** Keep the session young; the returned function ends that. */
export function keepYoung(): () => void {
  const timer = setInterval(() => void takeUp(), RENEW_MS)
  return () => { clearInterval(timer) }
}
