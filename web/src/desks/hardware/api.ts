import { ask } from '@/shared/api/client'
import type { components } from '@/shared/api/schema'

type Shapes = components['schemas']
export type Hardware = Shapes['HardwareNow']
export type Card = Shapes['CardNow']
export type Span = Shapes['SpanNow']
export type Port = Shapes['PortNow']
export type PortEvents = Shapes['PortEvents']
export type PortEvent = Shapes['PortEvent']
export type Alarm = Shapes['LineAlarm']

export const readHardware = (): Promise<Hardware> => ask('/api/hardware')
export const readEvents = (key: string, before?: number): Promise<PortEvents> => ask('/api/port-events', { query: { key, limit: 20, ...(before === undefined ? {} : { before }) } })
export const block = (port: string, blocked: boolean): Promise<void> => ask('/api/hardware/block', { method: 'POST', body: { port, blocked } })
export const forget = (card: string): Promise<void> => ask('/api/hardware/forget', { method: 'POST', body: { card } })
