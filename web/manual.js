/**
 * The manual inside the box: docs/manual/{zh,en}/*.md become /manual/<lang>/<page>.html, with the pictures and
 * the app's own tokens. A heading may end in {#name}: links of the pages (shared/help.ts) lead to these names.
 */
import { readFileSync, readdirSync, existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath, URL } from 'node:url'
import MarkdownIt from 'markdown-it'

const HERE = fileURLToPath(new URL('.', import.meta.url))
export const MANUAL = join(HERE, '../docs/manual')
const LANGUAGES = ['zh', 'en']
/** In this order beside every page. */
export const PAGES = ['index', 'install', 'agent', 'supervisor', 'owner', 'trouble']
const NAMED = /\s*\{#([a-z0-9-]+)\}\s*$/

const WORDS = {
  zh: { lang: 'zh-CN', manual: '使用手册', contents: '目录', other: 'English', back: '回到 Linebox' },
  en: { lang: 'en', manual: 'Manual', contents: 'Contents', other: '中文', back: 'Back to Linebox' },
}
const read = (language, page) => readFileSync(join(MANUAL, language, `${page}.md`), 'utf8')

function renderer() {
  const made = new MarkdownIt({ html: false, linkify: false, typographer: false })
  made.core.ruler.push('named headings', ({ tokens }) => {
    tokens.forEach((token, n) => {
      if (token.type !== 'heading_open') return
      const text = tokens[n + 1]
      const name = NAMED.exec(text.content)?.[1]
      if (name === undefined) return
      token.attrSet('id', name)
      const last = text.children.at(-1)
      last.content = last.content.replace(NAMED, '')
    })
  })
  made.core.ruler.push('links within', ({ tokens }) => {
    for (const { children } of tokens) for (const child of children ?? []) {
      if (child.type === 'link_open') child.attrSet('href', child.attrGet('href').replace(/^([a-z]+)\.md/, '$1.html'))
      if (child.type === 'image') child.attrSet('loading', 'lazy')
    }
  })
  const table = made.renderer.rules.table_open
  made.renderer.rules.table_open = (tokens, n, options, env, self) => `<div class="wide" tabindex="0">${table ? table(tokens, n, options, env, self) : self.renderToken(tokens, n, options)}`
  made.renderer.rules.table_close = () => '</table></div>\n'
  return made
}

/** The names of a page's headings, for the test that every link of the pages leads somewhere. */
export const anchorsOf = (language, page) => [...read(language, page).matchAll(/^#{1,3} .*\{#([a-z0-9-]+)\}\s*$/gm)].map(([, name]) => name)
export const titleOf = (language, page) => /^# (.*)$/m.exec(read(language, page))?.[1] ?? page
/** Every link and picture of a page that stays within the manual. */
export const linksOf = (language, page) => [...read(language, page).matchAll(/\]\(([^)]+)\)/g)].map(([, to]) => to).filter((to) => !/^https?:/.test(to))

export function htmlOf(language, page) {
  const words = WORDS[language]
  const other = language === 'zh' ? 'en' : 'zh'
  const contents = PAGES.map((one) => `<li><a href="${one}.html"${one === page ? ' aria-current="page"' : ''}>${one === 'index' ? words.contents : titleOf(language, one)}</a></li>`).join('')
  return `<!doctype html>
<html lang="${words.lang}" data-theme="light">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark"><meta name="robots" content="noindex">
<title>${titleOf(language, page)} · Linebox</title><link rel="icon" href="/favicon.svg" type="image/svg+xml"><link rel="stylesheet" href="/manual/manual.css"><script src="/manual/theme.js"></script></head>
<body><header><a class="brand" href="/">${words.back}</a><b>${words.manual}</b><span></span><a href="../${other}/${page}.html" lang="${WORDS[other].lang}">${words.other}</a></header>
<div class="all"><nav aria-label="${words.contents}"><ul>${contents}</ul></nav><main>${renderer().render(read(language, page))}</main></div></body></html>
`
}

/** Vite's plugin: emits the pages when the app is built, serves them while it is developed. */
export function manual() {
  const css = () => readFileSync(join(HERE, 'src/shared/tokens.css'), 'utf8') + readFileSync(join(HERE, 'manual.css'), 'utf8')
  const theme = "const chosen = localStorage.getItem('linebox.theme') ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light')\ndocument.documentElement.dataset.theme = chosen\n"
  const pictures = join(MANUAL, 'pictures')
  return {
    name: 'manual',
    apply: 'build',
    generateBundle() {
      const emit = (fileName, source) => this.emitFile({ type: 'asset', fileName, source })
      for (const language of LANGUAGES) for (const page of PAGES) emit(`manual/${language}/${page}.html`, htmlOf(language, page))
      emit('manual/manual.css', css())
      emit('manual/theme.js', theme)
      for (const file of existsSync(pictures) ? readdirSync(pictures) : []) emit(`manual/pictures/${basename(file)}`, readFileSync(join(pictures, file)))
    },
  }
}
