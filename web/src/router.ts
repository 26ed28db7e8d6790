import { createRouter, createWebHistory, type RouteMeta, type RouteRecordRaw } from 'vue-router'
import BoardPage from '@/desks/board/BoardPage.vue'
import { settingsRoutes } from '@/desks/settings/routes'
import { useSession } from '@/features/accounts/session'
import LoginPage from '@/features/accounts/LoginPage.vue'
import { ask } from '@/shared/api/client'
import { ADMINISTRATORS, AGENTS, EVERYBODY, SUPERVISORS, type Role } from '@/shared/roles'
import { may } from '@/shared/rights'
import type { Message } from '@/shared/i18n'
import type { IconName } from '@/shared/parts/Icon.vue'

declare module 'vue-router' {
  interface RouteMeta {
    /** Reachable without a session. */
    open?: boolean
    /** Whom the page is for; another role is led home. */
    roles?: readonly Role[]
    /** What a role of the owner's may lack; the page is then not there. */
    right?: string
    /** An entry of the rail, in the order of the routes; nobody sees that of a page of others. */
    place?: { readonly icon: IconName; readonly word: Message }
    /** Has a session and a live line of its own. */
    wall?: boolean
  }
}

/** A role's home is the first of its places. */
const routes: RouteRecordRaw[] = [
  { path: '/login', name: 'login', component: LoginPage, meta: { open: true } },
  { path: '/setup', name: 'setup', component: () => import('@/desks/setup/SetupPage.vue'), meta: { open: true } },
  { path: '/desk', name: 'desk', component: () => import('@/desks/agent/DeskPage.vue'), meta: { right: 'live.see', roles: AGENTS, place: { icon: 'headset', word: 'desk.title' } } },
  { path: '/mine', name: 'mine', component: () => import('@/desks/agent/MinePage.vue'), meta: { right: 'calls.see', roles: AGENTS, place: { icon: 'calls', word: 'desk.mine' } } },
  { path: '/home', name: 'home', component: () => import('@/desks/home/HomePage.vue'), meta: { right: 'home.see', roles: ADMINISTRATORS, place: { icon: 'home', word: 'home.title' } } },
  { path: '/', name: 'live', component: BoardPage, meta: { right: 'live.see', roles: SUPERVISORS, place: { icon: 'live', word: 'nav.live' } } },
  { path: '/wall', name: 'wall', component: () => import('@/desks/wall/WallPage.vue'), meta: { open: true, wall: true } },
  { path: '/calls', name: 'calls', component: () => import('@/features/calls/CallsPage.vue'), meta: { right: 'calls.see', roles: SUPERVISORS, place: { icon: 'calls', word: 'nav.calls' } } },
  { path: '/calls/:id', name: 'call', component: () => import('@/features/calls/CallPage.vue'), props: ({ params }) => ({ id: params.id, role: useSession().role }), meta: { right: 'calls.see', roles: EVERYBODY } },
  { path: '/follow-ups', name: 'follow-ups', component: () => import('@/features/follow_ups/FollowUpsPage.vue'), props: () => ({ role: useSession().role, login: useSession().login }), meta: { right: 'follow_ups.see', roles: EVERYBODY, place: { icon: 'missed', word: 'followUps.place' } } },
  {
    path: '/customers', name: 'customers', component: () => import('@/features/customers/CustomersPage.vue'),
    props: () => ({ agent: useSession().session?.agent ?? '', ...rights() }), meta: { right: 'customers.see', roles: EVERYBODY, place: { icon: 'customer', word: 'customers.nav' } },
  },
  { path: '/customers/import', name: 'customers-import', component: () => import('@/features/customers/ImportPage.vue'), meta: { right: 'customers.change', roles: SUPERVISORS } },
  { path: '/customers/settings', name: 'customers-settings', component: () => import('@/desks/customers/SettingsPage.vue'), meta: { right: 'customers.private', roles: ADMINISTRATORS } },
  { path: '/customers/:id([0-9]{1,9}|new)', name: 'customer', component: () => import('@/features/customers/CustomerPage.vue'), props: ({ params }) => ({ id: params.id, supervises: rights().supervises }), meta: { right: 'customers.see', roles: EVERYBODY } },
  { path: '/lines', name: 'hardware', component: () => import('@/desks/hardware/HardwarePage.vue'), meta: { right: 'lines.see', roles: ADMINISTRATORS, place: { icon: 'ports', word: 'hardware.place' } } },
  { path: '/accounts', name: 'accounts', component: () => import('@/features/accounts/AccountsPage.vue'), meta: { right: 'accounts.see', roles: ADMINISTRATORS, place: { icon: 'people', word: 'accounts.place' } } },
  {
    path: '/settings', component: () => import('@/desks/settings/SettingsFrame.vue'), children: settingsRoutes,
    meta: { right: 'settings.see', roles: ADMINISTRATORS, place: { icon: 'settings', word: 'settings.place' } },
  },
  { path: '/network', name: 'network-confirm', component: () => import('@/features/host/ConfirmNetworkPage.vue'), meta: { open: true } },
  { path: '/me', name: 'me', component: () => import('@/features/accounts/MePage.vue'), meta: { roles: EVERYBODY } },
  { path: '/system', name: 'system', component: () => import('@/desks/system/SystemPage.vue'), meta: { right: 'home.see', roles: ADMINISTRATORS, place: { icon: 'system', word: 'system.title' } } },
  { path: '/:rest(.*)*', name: 'rest', redirect: () => home() },
]

export const router = createRouter({ history: createWebHistory(), routes })

/** What who is logged in may do beyond their own desk. */
function rights(): { supervises: boolean; administers: boolean } {
  const role = useSession().role
  return { supervises: role !== null && SUPERVISORS.includes(role), administers: role !== null && ADMINISTRATORS.includes(role) }
}

/** Whether a page is for somebody of this role, with the rights of this session. */
const isFor = (meta: RouteMeta, role: Role): boolean => meta.roles?.includes(role) === true && (meta.right === undefined || may(meta.right))

/** Where somebody of this role begins. */
function home(): string {
  const role = useSession().role
  const first = routes.find(({ meta }) => role !== null && meta?.place && isFor(meta, role))
  return first?.path ?? '/me'
}

/** Whether the owner, just logged in, is led to the wizard: until it is done or left. */
async function toBeSetUp(): Promise<boolean> {
  if (useSession().login !== 'owner') return false
  try {
    const { done, left } = await ask<{ done: boolean; left: boolean }>('/api/setup')
    return !done && !left
  } catch {
    return false // the database is away: the pages say so
  }
}

router.beforeEach(async (to, from) => {
  if (to.meta.wall === true) return true
  const session = useSession()
  await session.known()
  if (to.meta.open === true) return to.name === 'login' && session.loggedIn ? home() : true
  if (session.role === null) return { name: 'login', query: to.path === '/' ? {} : { to: to.fullPath } }
  if (to.path === '/' && !session.mustEnrol && from.name === 'login' && (await toBeSetUp())) return { name: 'setup' }
  if (session.mustEnrol) return to.name === 'me' ? true : { name: 'me' }
  if (to.path === '/' && from.name === 'login' && home() !== '/') return home()
  return isFor(to.meta, session.role) ? true : home()
})
