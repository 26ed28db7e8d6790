import type { components } from '@/shared/api/schema'

/** What somebody may do on the box; each page says whom it is for (router.ts). */
export type Role = components['schemas']['Role']

/** Supervisors, and administrators, who may do all that they may. */
export const SUPERVISORS: readonly Role[] = ['supervisor', 'administrator']
export const ADMINISTRATORS: readonly Role[] = ['administrator']
export const AGENTS: readonly Role[] = ['agent']
export const EVERYBODY: readonly Role[] = ['agent', 'supervisor', 'administrator']
