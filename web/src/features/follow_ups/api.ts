import { ask } from '@/shared/api/client'
import type { components } from '@/shared/api/schema'
import type { FollowUpAct, FollowUpPage, FollowUpQuery } from '@/shared/api/shapes'
import type { Role } from '@/shared/roles'

type Shapes = components['schemas']
export type Step = Shapes['FollowUpStep']
export type Owner = Shapes['FollowUpOwner']
export type Check = Shapes['FollowUpCheck']

/** Supervisors see all of the list, agents what is theirs to do. */
export const listFollowUps = (role: Role | null, query: FollowUpQuery, signal: AbortSignal): Promise<FollowUpPage> =>
  ask(role === 'agent' ? '/api/me/follow-ups' : '/api/follow-ups', { query: query, signal })

/** Answers the line as it is now. */
export const act = (id: number, body: FollowUpAct): Promise<FollowUpPage> => ask(`/api/follow-ups/${id}`, { method: 'POST', body })

export const getOwners = async (): Promise<readonly Owner[]> => (await ask<{ items: Owner[] }>('/api/follow-ups/owners')).items
export const getCheck = (): Promise<Check> => ask('/api/follow-ups/check')
export const getSteps = async (id: number): Promise<readonly Step[]> => (await ask<{ items: Step[] }>(`/api/follow-ups/${id}/log`)).items
export const messageUrl = (call: string): string => `/api/calls/${encodeURIComponent(call)}/voicemail`
