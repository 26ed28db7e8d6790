/** CSV as table programs write it: read to rows, its columns known by their heads, sent in parts. */
import type { CustomerField } from './api'

/** Text of a file in UTF-8 or, as Excel in China saves it, GB 18030. */
export function decode(bytes: ArrayBuffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return new TextDecoder('gb18030').decode(bytes)
  }
}

/** Rows of cells: quotes, doubled quotes, line breaks in cells; parted by commas, semicolons or tabs as the first line is. */
export function parseCsv(text: string): string[][] {
  const parted = separator(text)
  const rows: string[][] = []
  let row: string[] = []
  let at = text.charCodeAt(0) === 0xfeff ? 1 : 0
  while (at < text.length) {
    let cell = ''
    if (text[at] === '"') {
      for (at += 1; at < text.length; at += 1) {
        if (text[at] === '"') {
          if (text[at + 1] !== '"') break
          at += 1
        }
        cell += text.charAt(at)
      }
      at += 1
    }
    const from = at
    while (at < text.length && text[at] !== parted && text[at] !== '\n' && text[at] !== '\r') at += 1
    row.push(clean(cell + text.slice(from, at)))
    if (text[at] === parted) {
      at += 1
      if (at === text.length) row.push('')
      continue
    }
    if (text[at] === '\r' && text[at + 1] === '\n') at += 1
    at += 1
    if (row.some((one) => one !== '')) rows.push(row)
    row = []
  }
  if (row.some((one) => one !== '')) rows.push(row)
  return rows
}

function separator(text: string): string {
  const head = text.slice(0, text.search(/[\r\n]|$/))
  const counts = [',', ';', '\t'].map((one) => ({ one, n: head.split(one).length }))
  return counts.reduce((most, next) => (next.n > most.n ? next : most)).one
}

/** Without the control characters that no text of ours may hold, and without spaces around. */
const clean = (cell: string): string => cell.replace(/\r\n?/g, '\n').replace(/[\u0000-\u0009\u000b-\u001f\u007f\u0085\u2028\u2029]/g, ' ').trim()

/** What each column may be called. */
const HEADS: Readonly<Record<string, readonly string[]>> = {
  name: ['姓名', '名字', '名称', '客户', '客户姓名', '客户名称', '联系人', 'name', 'customer', 'full name', 'contact'],
  company: ['单位', '公司', '企业', '单位名称', '公司名称', 'company', 'organisation', 'organization'],
  numbers: ['电话', '手机', '号码', '手机号', '手机号码', '电话号码', '联系电话', '联系方式', 'numbers', 'number', 'phone', 'phones', 'mobile', 'telephone', 'tel', 'phone number'],
  level: ['vip 等级', 'vip等级', '等级', 'vip', '级别', '客户等级', 'vip level', 'level'],
  note: ['备注', '说明', '附注', 'note', 'notes', 'remark', 'remarks', 'comment'],
  owner: ['归属坐席', '归属', '负责人', '工号', 'owner', 'agent'],
}

/** What each head's column fills: a card's part, a field's key, or empty; none twice. */
export function matchColumns(heads: readonly string[], fields: readonly CustomerField[]): string[] {
  const taken = new Set<string>()
  return heads.map((head) => {
    const word = head.trim().toLowerCase()
    const own = fields.find(({ name_zh, name_en }) => [name_zh.toLowerCase(), name_en.toLowerCase()].includes(word))?.key
    const found = own ?? Object.keys(HEADS).find((part) => HEADS[part]?.includes(word) === true) ?? ''
    if (found === '' || taken.has(found)) return ''
    taken.add(found)
    return found
  })
}

/** The parts of a card that a column can fill, in the order they are offered. */
export const PARTS = ['name', 'company', 'numbers', 'level', 'note', 'owner'] as const

const MOST_ROWS = 500
const MOST_BYTES = 500_000

/** Rows in parts that the box takes in one request; `first` counts from 0. */
export function batches(rows: readonly (readonly string[])[]): { first: number; rows: readonly (readonly string[])[] }[] {
  const parts: { first: number; rows: (readonly string[])[] }[] = []
  let bytes = Infinity
  rows.forEach((row, n) => {
    const size = row.reduce((sum, cell) => sum + cell.length * 3 + 4, 4)
    let last = parts.at(-1)
    if (last === undefined || last.rows.length >= MOST_ROWS || bytes + size > MOST_BYTES) {
      last = { first: n, rows: [] }
      parts.push(last)
      bytes = 0
    }
    last.rows.push(row)
    bytes += size
  })
  return parts
}
