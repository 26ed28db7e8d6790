import type { AccountRow, RightRow, RoleRow, Session } from '@/shared/api/shapes'
import { language, say } from '@/shared/i18n'
import type { Role } from '@/shared/roles'

/** A role's name in the reader's language; built-in ones are named by the pages. */
export const roleName = (role: Pick<RoleRow, 'built_in' | 'base' | 'name_zh' | 'name_en'>): string =>
  role.built_in ? say(`accounts.role.${role.base}`) : language.value === 'zh' ? role.name_zh : role.name_en

/** The role of who is logged in. */
export const ownRole = (session: Session): string => {
  if (session.role === null) return ''
  const made = language.value === 'zh' ? session.role_zh : session.role_en
  return made ?? say(`accounts.role.${session.role}`)
}

/** Which entry of the roles an account has. */
export const keyOf = (account: Pick<AccountRow, 'role' | 'made_role'>): string => (account.made_role === null ? account.role : String(account.made_role))

/** What a role's key says to the box. */
export function given(key: string, roles: readonly RoleRow[]): { role: Role; made_role: number | null } {
  const found = roles.find((one) => one.key === key)
  if (found === undefined || found.built_in) return { role: key as Role, made_role: null }
  return { role: found.base, made_role: Number(found.key) }
}

/** Rights in groups: those of one feature stand together, the special ones last. */
export function grouped(known: readonly RightRow[], base: Role): readonly (readonly [string, readonly RightRow[]])[] {
  const groups = new Map<string, RightRow[]>()
  for (const one of known) {
    if (!one.roles.includes(base)) continue
    const feature = one.name.split('.')[0] ?? ''
    groups.set(feature, [...(groups.get(feature) ?? []), one])
  }
  return [...groups].map(([feature, rights]) => [feature, rights.sort((a, b) => (a.name.endsWith('.see') ? -1 : b.name.endsWith('.see') ? 1 : 0))] as const)
}
