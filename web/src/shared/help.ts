/** Which part of the manual tells about a page: the longest beginning of its address that is listed here. */
export const HELP: Readonly<Record<string, string>> = {
  '/': 'supervisor#board',
  '/desk': 'agent#call',
  '/mine': 'agent#mine',
  '/me': 'owner#accounts',
  '/home': 'owner#home',
  '/calls': 'supervisor#calls',
  '/follow-ups': 'supervisor#followups',
  '/customers': 'supervisor#customers',
  '/accounts': 'owner#accounts',
  '/system': 'owner#system',
  '/settings': 'owner#settings',
  '/settings/groups': 'owner#groups',
  '/settings/people': 'owner#people',
  '/settings/extensions': 'owner#people',
  '/settings/numbers': 'owner#numbers',
  '/settings/menus': 'owner#numbers',
  '/settings/hours': 'owner#numbers',
  '/settings/prompts': 'owner#prompts',
  '/settings/music': 'owner#prompts',
  '/settings/lists': 'owner#lists',
  '/settings/lines': 'owner#lines',
  '/settings/recording': 'owner#recording',
  '/settings/limits': 'owner#limits',
  '/settings/roles': 'owner#accounts',
  '/settings/audit': 'owner#audit',
  '/settings/network': 'owner#network',
  '/settings/clock': 'owner#clock',
  '/settings/updates': 'owner#updates',
  '/settings/certificates': 'owner#network',
  '/settings/transfer': 'owner#transfer',
  '/setup': 'install#wizard',
}

/** The manual's page and section for an address, in that language. */
export function helpFor(path: string, language: 'zh' | 'en'): string {
  const best = Object.keys(HELP).filter((one) => path === one || (one !== '/' && path.startsWith(`${one}/`))).sort((a, b) => b.length - a.length)[0]
  const [page = 'index', section] = (best === undefined ? 'index' : (HELP[best] ?? 'index')).split('#')
  return `/manual/${language}/${page}.html${section === undefined ? '' : `#${section}`}`
}
