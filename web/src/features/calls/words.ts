import type { CallRow } from '@/shared/api/shapes'
import { language } from '@/shared/i18n'

/** The group's name in the reader's language; empty when the call reached none. */
export const rowGroup = (row: CallRow): string =>
  (language.value === 'en' ? row.group_name_en : row.group_name_zh) ?? row.group_name_zh ?? (row.group_id === null ? '' : String(row.group_id))

/** Name and staff number; empty when the call reached no agent. */
export const rowAgent = (row: CallRow): string => (row.agent === null ? '' : row.agent_name ? `${row.agent_name} ${row.agent}` : row.agent)
