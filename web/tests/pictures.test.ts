import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { en } from '@/shared/i18n/en'
import { zh } from '@/shared/i18n/zh'

/**
 * The manual's pictures are taken by `make pictures`, which takes minutes. Each has beside it the words of the page it shows,
 * as they were then (docs/manual/picture-words); where a page's words are others now, its picture is old and this fails.
 * `make pictures` writes both.
 */
const SOURCES = fileURLToPath(new URL('../src', import.meta.url))
const PICTURES = fileURLToPath(new URL('../../docs/manual/pictures', import.meta.url))

/** Which page each picture shows. */
const PAGES: Readonly<Record<string, string>> = {
  call: 'features/calls/CallPage.vue',
  desk: 'desks/agent/DeskPage.vue',
  group: 'desks/settings/GroupPage.vue',
  home: 'desks/home/HomePage.vue',
  live: 'desks/board/BoardPage.vue',
  setup: 'desks/setup/SetupPage.vue',
}
/** Parts that every page has; what they are asked to say is said by the pages. */
const KIT = /shared\/(parts|el)\//

/** A page's own component and those it is made of. */
function madeOf(page: string, found = new Set<string>()): Set<string> {
  if (found.has(page) || KIT.test(page)) return found
  found.add(page)
  for (const [, to = ''] of readFileSync(join(SOURCES, page), 'utf8').matchAll(/from '((?:\.|@\/)[^']+\.vue)'/g)) {
    madeOf(to.startsWith('@/') ? to.slice(2) : join(dirname(page), to), found)
  }
  return found
}

function text(words: unknown, key: string): string {
  const found = key.split('.').reduce<unknown>((at, name) => (typeof at === 'object' && at !== null ? (at as Record<string, unknown>)[name] : undefined), words)
  return typeof found === 'string' ? found : ''
}

/** What stands in the components' templates, in both languages. */
function wordsOf(page: string): string {
  const keys = new Set<string>()
  for (const file of madeOf(page)) {
    const [, template = ''] = /<template>([\s\S]*)<\/template>/.exec(readFileSync(join(SOURCES, file), 'utf8')) ?? []
    for (const [, key = ''] of template.matchAll(/say\('([A-Za-z0-9_.-]+)'/g)) keys.add(key)
  }
  return [...keys].sort().map((key) => `${key}: ${text(zh, key)} | ${text(en, key)}`.trimEnd() + '\n').join('')
}

describe('the manual’s pictures', () => {
  it('are all known here', () => {
    const there = new Set(readdirSync(PICTURES).filter((file) => file.endsWith('.png')).map((file) => file.replace(/-(zh|en)\.png$/, '')))
    expect([...there].sort()).toEqual(Object.keys(PAGES).sort())
  })

  it.each(Object.entries(PAGES))('show the page as it is: %s (else: make pictures)', async (picture, page) => {
    for (const language of ['zh', 'en']) expect(existsSync(join(PICTURES, `${picture}-${language}.png`)), language).toBe(true)
    await expect(wordsOf(page)).toMatchFileSnapshot(join(PICTURES, '../picture-words', `${picture}.txt`))
  })
})
