import { createRouter, createWebHistory } from 'vue-router'
import BoardPage from '@/desks/board/BoardPage.vue'
import { useSession } from '@/features/accounts/session'
import LoginPage from '@/features/accounts/LoginPage.vue'

export const router = createRouter({
  history: createWebHistory(),
  routes: [
    { path: '/login', name: 'login', component: LoginPage, meta: { open: true } },
    { path: '/', name: 'live', component: BoardPage },
    { path: '/calls', name: 'calls', component: () => import('@/features/calls/CallsPage.vue') },
    { path: '/calls/:id', name: 'call', component: () => import('@/features/calls/CallPage.vue'), props: true },
    { path: '/:rest(.*)*', redirect: '/' },
  ],
})

declare module 'vue-router' {
  interface RouteMeta {
    /** Reachable without a session. */
    open?: boolean
  }
}

router.beforeEach(async (to) => {
  const session = useSession()
  await session.known()
  if (to.meta.open !== true && !session.loggedIn) return { name: 'login', query: to.path === '/' ? {} : { to: to.fullPath } }
  if (to.name === 'login' && session.loggedIn) return { name: 'live' }
  return true
})
