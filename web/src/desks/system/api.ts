import { ask, askFile } from '@/shared/api/client'
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
export const makeBundle = (): Promise<Blob> => askFile('/api/support-bundle', { method: 'POST', limitMs: 70_000 })
