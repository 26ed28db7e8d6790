import { computed, ref, shallowRef } from 'vue'
import { importRows, type CustomerField, type Imported } from './api'
import { batches, decode, matchColumns, parseCsv } from './csv'
import { ApiError } from '@/shared/api/client'
import { toCsv } from '@/shared/file'
import { language, say } from '@/shared/i18n'

export const MOST_ROWS = 100_000
/** The first row is the heads; people count from 1. */
const FIRST_ROW = 2

type Bad = Imported['bad'][number]
export interface Sum {
  made: number
  changed: number
  same: number
  bad: readonly Bad[]
}

/** A table on its way into the cards: read here, rehearsed, then taken in, always in parts. */
export function useImport(fields: () => readonly CustomerField[]) {
  const name = ref('')
  const heads = shallowRef<readonly string[]>([])
  const rows = shallowRef<readonly (readonly string[])[]>([])
  const columns = ref<string[]>([])
  const fault = ref('')
  const step = ref<'file' | 'columns' | 'checking' | 'checked' | 'taking' | 'done' | 'stopped'>('file')
  const done = ref(0)
  const sum = shallowRef<Sum>({ made: 0, changed: 0, same: 0, bad: [] })
  let stop = false
  const stopped = (): boolean => stop

  const twice = computed(() => columns.value.find((one, n) => one !== '' && columns.value.indexOf(one) !== n) ?? '')
  const fits = computed(() => twice.value === '' && (columns.value.includes('name') || columns.value.includes('numbers')))
  const good = computed(() => sum.value.made + sum.value.changed)

  async function open(file: File): Promise<void> {
    fault.value = ''
    name.value = file.name
    const found = parseCsv(decode(await file.arrayBuffer()))
    const [first, ...rest] = found
    if (first === undefined || rest.length === 0) fault.value = say('customers.imports.empty')
    else if (found.some((row) => row.some((cell) => cell.includes('\ufffd')))) fault.value = say('customers.imports.unreadable')
    else if (rest.length > MOST_ROWS) fault.value = say('customers.imports.tooMany', { n: rest.length })
    else {
      heads.value = first
      rows.value = rest.map((row) => first.map((_, n) => row[n] ?? ''))
      columns.value = matchColumns(first, fields())
      step.value = 'columns'
    }
  }

  /** Send all rows; `dry` only tells what would become of them. */
  async function run(dry: boolean): Promise<void> {
    stop = false
    done.value = 0
    fault.value = ''
    sum.value = { made: 0, changed: 0, same: 0, bad: [] }
    step.value = dry ? 'checking' : 'taking'
    for (const { first, rows: part } of batches(rows.value)) {
      if (stopped()) {
        step.value = dry ? 'columns' : 'stopped'
        return
      }
      try {
        const { made, changed, same, bad } = await importRows(columns.value, part, first + FIRST_ROW, dry)
        const was = sum.value
        sum.value = { made: was.made + made, changed: was.changed + changed, same: was.same + same, bad: [...was.bad, ...bad] }
        done.value = first + part.length
      } catch (error) {
        const why = error instanceof ApiError ? error.text(language.value) : say('customers.unreachable')
        fault.value = say('customers.imports.failed', { n: first + FIRST_ROW, why })
        step.value = dry ? 'columns' : 'stopped'
        return
      }
    }
    step.value = dry ? 'checked' : 'done'
  }

  function report(): string {
    const lines = sum.value.bad.map(({ row, problems }) => [String(row), problems.map((one) => one[language.value]).join(' '), ...(rows.value[row - FIRST_ROW] ?? [])])
    return toCsv([[say('customers.imports.row'), say('customers.imports.why'), ...heads.value], ...lines])
  }

  return {
    name, heads, rows, columns, fault, step, done, sum, twice, fits, good, open, run, report,
    halt: () => {
      stop = true
    },
    again: () => {
      step.value = 'file'
      fault.value = ''
    },
  }
}
