/** The box's answers by short names. */
export interface Session { logged_in: boolean; user: string | null; expires_at: string | null; set_up: boolean; tries_left: number; locked_s: number }
export type Result = 'open' | 'answered' | 'abandoned' | 'voicemail' | 'blocked' | 'closed' | 'menu' | 'selfservice' | 'unknown-did' | 'cut' | 'internal'
export interface CallRow {
  id: string; direction: 'in' | 'out' | 'internal'; trunk: string; from_number: string; from_name: string; did: string; vip: number; generation: number | null
  started_at: string; answered_at: string | null; connected_at: string | null; ended_at: string | null; result: Result; cut: boolean
  group_id: number | null; group_name_zh: string | null; group_name_en: string | null; agent: string | null; agent_name: string | null; extension: string | null
  wait_s: number | null; ring_s: number | null; talk_s: number | null; keys: string; rating: number | null; needs_follow_up: boolean; recordings: number
}
export interface CallPage { items: CallRow[]; next_cursor: string | null }
export interface CallLeg { uniqueid: string; channel: string; number: string; agent: string; started_at: string; answered_at: string | null; ended_at: string | null; cause: number | null; lost: boolean }
export interface CallEvent { n: number; at: string; kind: string; fields: Record<string, unknown> }
export interface CallRecording { n: number; file: string; started_at: string; stopped_at: string | null; state: 'recording' | 'raw' | 'ready' | 'missing'; duration_s: number | null; size_bytes: number | null }
export interface CallDetail { call: CallRow; legs: CallLeg[]; events: CallEvent[]; recordings: CallRecording[] }
