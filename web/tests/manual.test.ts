import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { MANUAL, PAGES, anchorsOf, htmlOf, linksOf, titleOf } from '../manual.js'
import { HELP, helpFor } from '@/shared/help'

const LANGUAGES = ['zh', 'en'] as const

describe('the manual', () => {
  it('has the same sections in both languages', () => {
    for (const page of PAGES) expect(anchorsOf('zh', page), page).toEqual(anchorsOf('en', page))
  })

  it('is where every page of the box sends its reader', () => {
    for (const to of Object.values(HELP)) {
      const [page = '', section = ''] = to.split('#')
      for (const language of LANGUAGES) expect(anchorsOf(language, page), to).toContain(section)
    }
    expect(helpFor('/settings/groups/3', 'zh')).toBe('/manual/zh/owner.html#groups')
    expect(helpFor('/settings/history', 'en')).toBe('/manual/en/owner.html#settings')
    expect(helpFor('/calls/s00000001-1.1', 'en')).toBe('/manual/en/supervisor.html#calls')
    expect(helpFor('/nowhere', 'en')).toBe('/manual/en/index.html')
  })

  it.each(LANGUAGES)('has no link that leads nowhere, and no picture that is missing: %s', (language) => {
    for (const page of PAGES) {
      for (const to of linksOf(language, page)) {
        const [file = '', section] = to.split('#')
        if (file.startsWith('../pictures/')) expect(existsSync(join(MANUAL, language, file)), `${page}: ${to}`).toBe(true)
        else {
          const there = file === '' ? page : file.replace('.md', '')
          expect(PAGES, `${page}: ${to}`).toContain(there)
          if (section !== undefined) expect(anchorsOf(language, there), `${page}: ${to}`).toContain(section)
        }
      }
    }
  })

  it('becomes pages with names at their headings and links between them', () => {
    const html = htmlOf('en', 'trouble')
    expect(html).toContain('<h2 id="support">For support</h2>')
    expect(html).toContain('href="install.html#trust"')
    expect(html).toContain(`<title>${titleOf('en', 'trouble')} · Linebox</title>`)
    expect(html).not.toContain('{#')
  })
})
