/** People as they are typed or pasted, before they are made. Pure. */
export interface Newcomer {
  readonly id: number
  name: string
  number: string
  hasPhone: boolean
  extension: string
}

/** The lowest number after those taken: 1005 after 1001 to 1004; `from` when there is none. */
export function nextNumber(taken: Iterable<string>, from: number): string {
  const used = new Set(taken)
  const size = String(from).length
  const same = [...used].filter((one) => one.length === size && one.startsWith(String(from).charAt(0))).map(Number)
  let next = Math.max(from - 1, ...same) + 1
  while (used.has(String(next))) next += 1
  return String(next)
}

/** Lines of `name, staff number, extension`; a head line and empty ones are left out. */
export function pasted(text: string): readonly { name: string; number: string; extension: string }[] {
  return text
    .split(/\r?\n/)
    .map((line) => line.split(/[,，;；\t]/).map((cell) => cell.trim().replace(/^"(.*)"$/, '$1')))
    .filter(([name = '']) => name !== '' && !/^(姓名|名字|name)$/i.test(name))
    .map(([name = '', number = '', extension = '']) => ({ name, number, extension }))
}
