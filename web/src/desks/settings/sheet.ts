/** A table on its way into the settings: read by the box, looked through, taken in. */
import { computed, ref, shallowRef } from 'vue'
import { language, say } from '@/shared/i18n'
import { readTable, tableColumns, takeTable, type Column, type Sheet, type Tabled, type Taken } from '@/shared/settings/api'
import { tellError, useDraft } from '@/shared/settings/store'
import { toCsv } from '@/shared/file'

const LARGEST = 8_000_000

/** The file as base64. */
const encoded = (file: File): Promise<string> =>
  new Promise((resolve, reject) => {
    const reader = new FileReader()
    reader.onload = () => {
      resolve(typeof reader.result === 'string' ? reader.result.slice(reader.result.indexOf(',') + 1) : '')
    }
    reader.onerror = () => {
      reject(reader.error ?? new Error('unreadable'))
    }
    reader.readAsDataURL(file)
  })

export function useSheet(what: Tabled) {
  const draft = useDraft()
  const offered = shallowRef<readonly Column[]>([])
  const name = ref('')
  const sheet = shallowRef<Sheet | null>(null)
  const columns = ref<string[]>([])
  const seen = shallowRef<Taken | null>(null)
  const step = ref<'file' | 'reading' | 'columns' | 'checking' | 'checked' | 'taking' | 'done'>('file')
  const fault = ref('')

  tableColumns(what).then(({ items }) => {
    offered.value = items
  }, (error: unknown) => {
    fault.value = tellError(error)
  })
  const wordOf = (column: string): string => offered.value.find((one) => one.name === column)?.[language.value] ?? column

  /** What keeps the columns from being looked through. */
  const wrong = computed(() => {
    const twice = columns.value.find((one, n) => one !== '' && columns.value.indexOf(one) !== n)
    if (twice !== undefined) return say('sheets.twice', { name: wordOf(twice) })
    return columns.value.includes('number') ? '' : say('sheets.need', { name: wordOf('number') })
  })

  /** Do a step; when it can't be, tell why and stand where it began. */
  async function stepping(during: 'reading' | 'checking', act: () => Promise<void>): Promise<void> {
    const before = step.value
    step.value = during
    fault.value = ''
    try {
      await act()
    } catch (error) {
      fault.value = tellError(error)
      step.value = before
    }
  }
  async function open(file: File): Promise<void> {
    if (file.size > LARGEST) {
      fault.value = say('sheets.tooLarge')
      return
    }
    await stepping('reading', async () => {
      const read = await readTable(what, await encoded(file))
      name.value = file.name
      sheet.value = read
      columns.value = [...read.columns]
      step.value = 'columns'
    })
  }
  const table = (): { columns: readonly string[]; rows: Sheet['rows']; first_row: number } => ({ columns: columns.value, rows: sheet.value?.rows ?? [], first_row: sheet.value?.first_row ?? 2 })
  const check = (): Promise<void> =>
    stepping('checking', async () => {
      seen.value = await takeTable(what, { ...table(), dry: true })
      step.value = 'checked'
    })
  async function take(): Promise<void> {
    if (seen.value === null) return
    step.value = 'taking'
    const taken = await draft.takeTable(what, { ...table(), dry: false, seen: seen.value.seen })
    if (taken === null) {
      await check()
      return
    }
    seen.value = taken
    step.value = 'done'
  }
  /** The bad rows with their reasons, to be put right and taken in again. */
  function report(): string {
    const { heads = [], rows = [], first_row = 2 } = sheet.value ?? {}
    const lines = (seen.value?.bad ?? []).map(({ row, problems }) => [...(rows[row - first_row] ?? []), String(row), problems.map((one) => one[language.value]).join(' ')])
    return toCsv([[...heads, say('sheets.row'), say('sheets.why')], ...lines])
  }
  function again(): void {
    step.value = 'file'
    fault.value = ''
    seen.value = null
    sheet.value = null
  }
  return { offered, name, sheet, columns, seen, step, fault, wrong, wordOf, open, check, take, report, again }
}
