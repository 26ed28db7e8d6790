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

/** Answered at once, or, with the number of the event that is known, when there is news, after a second at the latest. */
export const readHardware = (after?: number): Promise<Hardware> => ask('/api/hardware', { query: after === undefined ? {} : { after } })
export const readEvents = (key: string, before?: number): Promise<PortEvents> => ask('/api/port-events', { query: { key, limit: 20, ...(before === undefined ? {} : { before }) } })
export const block = (port: string, blocked: boolean): Promise<void> => ask('/api/hardware/block', { method: 'POST', body: { port, blocked } })
export const forget = (card: string): Promise<void> => ask('/api/hardware/forget', { method: 'POST', body: { card } })

export type Test = Shapes['LabJob']
export type Told = Shapes['LineTold']
export type Kept = Shapes['KeptTest']
export type Tests = Shapes['LineTests']
export type Loop = Shapes['Loop']
export type Trial = Shapes['TrialTold']
export const readTests = (key: string): Promise<Tests> => ask('/api/line-tests', { query: { key } })
export const startTest = (wish: Partial<Shapes['LineTestWish']> & Pick<Shapes['LineTestWish'], 'kind' | 'key'>): Promise<Test> => ask('/api/line-tests', { method: 'POST', body: wish })
export const readTest = (id: number): Promise<Test> => ask(`/api/line-tests/${id}`)
export const stopTest = (): Promise<void> => ask('/api/line-tests/stop', { method: 'POST', body: {} })
export const take = (id: number): Promise<void> => ask('/api/line-tests/take', { method: 'POST', body: { id } })
export const loop = (span: string, kind: Loop): Promise<void> => ask('/api/hardware/loop', { method: 'POST', body: { span, kind } })
export const startTrial = (trunk: string, number: string, channel: number): Promise<Trial> => ask('/api/trials', { method: 'POST', body: { trunk, number, channel } })
export const readTrial = (id: number): Promise<Trial> => ask(`/api/trials/${id}`)
