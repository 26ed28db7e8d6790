/** The owner's dictionary as it will be with the draft applied. */
import type { Body } from '@/shared/settings/kind'
import { useRows } from '@/shared/settings/rows'
import { useDraft } from '@/shared/settings/store'

/** The words of a language, for hearing a text before anything is applied; undefined: as the box has them. */
export function draftReadings(lang: string): { word: string; reading: string }[] | undefined {
  const draft = useDraft()
  const rows = useRows()
  const touched = draft.items.filter(({ what }) => what === 'reading')
  if (touched.length === 0) return undefined
  const kept = rows.all('reading').filter((row) => !touched.some(({ id }) => id === String(row.id)))
  return [...kept, ...touched.flatMap(({ after }): Body[] => (after === null ? [] : [after]))]
    .filter((one) => one.lang === lang && one.word !== '' && one.reading !== '')
    .map(({ word, reading }) => ({ word: String(word), reading: String(reading) }))
}
