import type { LimitsNow } from '@/shared/api/shapes'
import { ask } from '@/shared/api/client'

export const readNow = (): Promise<LimitsNow> => ask('/api/limits/now')
/** How many calls were hung up. */
export const stopCallsOut = (stopped: boolean, cut: boolean): Promise<{ ended: number }> => ask('/api/limits/stop', { method: 'POST', body: { stopped, cut } })
