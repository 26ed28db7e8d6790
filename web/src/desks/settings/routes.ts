import type { RouteRecordRaw } from 'vue-router'

/** The pages of the tabs that `shared/settings/index.ts` lists. A new page adds its lines here. */
export const settingsRoutes: RouteRecordRaw[] = [
  { path: '', redirect: '/settings/groups' },
  { path: 'groups', component: () => import('./GroupsPage.vue') },
  { path: 'groups/:id', component: () => import('./GroupPage.vue'), props: true },
  { path: 'numbers', component: () => import('./NumbersPage.vue') },
  { path: 'numbers/:id', component: () => import('./NumberPage.vue'), props: true },
  { path: 'people', component: () => import('./PeoplePage.vue') },
  { path: 'people/:id', component: () => import('./PersonPage.vue'), props: true },
  { path: 'extensions', component: () => import('./ExtensionsPage.vue') },
  { path: 'extensions/:id', component: () => import('./ExtensionPage.vue'), props: true },
  { path: 'hours', component: () => import('./HoursListPage.vue') },
  { path: 'hours/:id', component: () => import('./HoursPage.vue'), props: true },
  { path: 'menus', component: () => import('./MenusPage.vue') },
  { path: 'menus/:id', component: () => import('./MenuPage.vue'), props: true },
  { path: 'lines', component: () => import('./LinesPage.vue') },
  { path: 'lines/:id', component: () => import('./LinePage.vue'), props: true },
  { path: 'limits', component: () => import('@/features/limits/LimitsPage.vue') },
  { path: 'history', component: () => import('./HistoryPage.vue') },
  { path: 'transfer', component: () => import('./TransferPage.vue') },
  { path: 'company', component: () => import('./CompanyPage.vue') },
  { path: 'roles', component: () => import('@/features/accounts/RolesPage.vue') },
  { path: 'audit', component: () => import('@/features/audit/AuditPage.vue') },
  { path: 'network', component: () => import('@/features/host/NetworkPage.vue') },
  { path: 'certificates', component: () => import('@/features/host/CertificatesPage.vue') },
]
