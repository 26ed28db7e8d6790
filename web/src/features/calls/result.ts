import type { Result } from '@/shared/api/shapes'
import type { Look } from '@/shared/parts/marks'

export const RESULTS: readonly Result[] = ['answered', 'abandoned', 'voicemail', 'selfservice', 'menu', 'closed', 'blocked', 'unknown-did', 'cut', 'internal', 'busy', 'no-answer', 'failed', 'open']

export const resultLook: Record<Result, Look> = {
  open: { shape: 'square', tone: 'call' },
  answered: { shape: 'check', tone: 'go' },
  abandoned: { shape: 'diamond', tone: 'warn' },
  voicemail: { shape: 'half', tone: 'call' },
  blocked: { shape: 'blocked', tone: 'off' },
  closed: { shape: 'minus', tone: 'off' },
  menu: { shape: 'circle', tone: 'off' },
  selfservice: { shape: 'check', tone: 'go' },
  'unknown-did': { shape: 'minus', tone: 'off' },
  cut: { shape: 'triangle', tone: 'stop' },
  internal: { shape: 'circle', tone: 'off' },
  busy: { shape: 'minus', tone: 'warn' },
  'no-answer': { shape: 'diamond', tone: 'warn' },
  failed: { shape: 'minus', tone: 'stop' },
}
