import type { AccountRow } from '@/shared/api/shapes'
import { ApiError } from '@/shared/api/client'
import { language, say } from '@/shared/i18n'
import type { Shape, Tone } from '@/shared/parts/Mark.vue'

/** How an account stands, as mark and word. */
export function standing(account: AccountRow): { shape: Shape; tone: Tone; word: string } {
  if (account.disabled) return { shape: 'blocked', tone: 'off', word: say('accounts.list.disabled') }
  if (account.must_change) return { shape: 'diamond', tone: 'warn', word: say('accounts.list.oneTime') }
  return { shape: 'check', tone: 'go', word: say('accounts.list.usual') }
}

/** Why the box refused, in the reader's words; the box away is told too. */
export const told = (error: unknown): string => (error instanceof ApiError ? error.text(language.value) : say('login.unreachable'))
