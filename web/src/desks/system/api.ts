import { ApiError, NoAnswer, ask } from '@/shared/api/client'
import type { components } from '@/shared/api/schema'

type Shapes = components['schemas']
export type System = Shapes['System']
export type Unit = Shapes['Unit']
export type LogLine = Shapes['LogLine']
export type Samples = Shapes['Samples']
export type Sample = Shapes['Sample']
export type Span = 'day' | 'month'

export const readSystem = (): Promise<System> => ask('/api/system')
export const readSamples = (span: Span): Promise<Samples> => ask('/api/samples', { query: { span } })
export const readCallLogs = (call: string): Promise<Shapes['Logs']> => ask(`/api/system/logs/${encodeURIComponent(call)}`, { limitMs: 30_000 })
export const restart = (unit: string, cutCalls: boolean): Promise<Shapes['Restarted']> => ask(`/api/services/${unit}/restart`, { method: 'POST', body: { cut_calls: cutCalls }, limitMs: 60_000 })

/** The one file for support. Throws as `ask`. */
export async function makeBundle(): Promise<Blob> {
  let answer: Response
  try {
    answer = await fetch('/api/support-bundle', { method: 'POST', credentials: 'same-origin', signal: AbortSignal.timeout(70_000) })
  } catch (error) {
    throw new NoAnswer('/api/support-bundle', { cause: error })
  }
  if (answer.ok) return answer.blob()
  const { code, fields, zh, en } = (await answer.json()) as { code: string; fields: Record<string, unknown>; zh: string; en: string }
  throw new ApiError(answer.status, code, fields, { zh, en })
}
