import type { RouteRecordRaw } from 'vue-router'

/** The pages of the tabs that `shared/settings/index.ts` lists. A new page adds its lines here. */
export const settingsRoutes: RouteRecordRaw[] = [
  { path: '', redirect: '/settings/groups' },
  { path: 'groups', component: () => import('./GroupsPage.vue') },
  { path: 'groups/:id', component: () => import('./GroupPage.vue'), props: true },
  { path: 'company', component: () => import('./CompanyPage.vue') },
]
