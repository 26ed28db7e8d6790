import type { AgentState, CallState } from '@/shared/live/model'
import type { Pressure } from '@/shared/live/board'
import type { Shape, Tone } from './Mark.vue'

export interface Look {
  readonly shape: Shape
  readonly tone: Tone
  readonly ringing?: boolean
}

export const agentLook: Record<AgentState, Look> = {
  ready: { shape: 'dot', tone: 'go' },
  ringing: { shape: 'ring', tone: 'call', ringing: true },
  talking: { shape: 'square', tone: 'call' },
  wrapup: { shape: 'half', tone: 'call' },
  paused: { shape: 'minus', tone: 'off' },
  unreachable: { shape: 'triangle', tone: 'stop' },
  out: { shape: 'circle', tone: 'off' },
}

export const callLook: Record<CallState, Look> = {
  menu: { shape: 'circle', tone: 'call' },
  waiting: { shape: 'bars', tone: 'call' },
  ringing: { shape: 'ring', tone: 'call', ringing: true },
  talking: { shape: 'square', tone: 'call' },
  rating: { shape: 'half', tone: 'call' },
  voicemail: { shape: 'half', tone: 'call' },
  other: { shape: 'circle', tone: 'call' },
}

export const pressureLook: Record<Pressure, Look> = {
  calm: { shape: 'check', tone: 'go' },
  busy: { shape: 'diamond', tone: 'warn' },
  late: { shape: 'triangle', tone: 'stop' },
}
