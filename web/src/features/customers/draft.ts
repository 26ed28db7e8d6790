/** A card while it is written: texts as typed, and what the box said of each. */
import type { Customer, CustomerField, CustomerInput } from './api'
import { ApiError } from '@/shared/api/client'
import type { Language } from '@/shared/i18n'

export interface Draft {
  name: string
  company: string
  level: number
  note: string
  owner: string
  numbers: string[]
  fields: Record<string, string>
}

/** A draft of the card as it is, or of a new one for a number. */
export function draftOf(customer: Customer | null, number = ''): Draft {
  if (customer === null) return { name: '', company: '', level: 0, note: '', owner: '', numbers: [number], fields: {} }
  const { name, company, level, note, owner, numbers, fields } = customer
  return { name, company, level, note, owner: owner ?? '', numbers: numbers.length > 0 ? [...numbers] : [''], fields: Object.fromEntries(fields.map(({ key, value }) => [key, value])) }
}

/** What is sent; empty numbers and fields are left out. */
export function inputOf(draft: Draft): CustomerInput {
  return {
    name: draft.name.trim(),
    company: draft.company.trim(),
    level: draft.level,
    note: draft.note,
    owner: draft.owner.trim() === '' ? null : draft.owner.trim(),
    numbers: writtenNumbers(draft),
    fields: writtenFields(draft).map(([key, value]) => ({ key, value })),
  }
}

const writtenNumbers = (draft: Draft): string[] => draft.numbers.map((one) => one.trim()).filter((one) => one !== '')
const writtenFields = (draft: Draft): [string, string][] => Object.entries(draft.fields).filter(([, value]) => value.trim() !== '')

/**
 * What the box refused, by place in the draft: `name`, `numbers.1`, `f3`; the rest under an empty place.
 * What was left out when sending is counted in again.
 */
export function refusals(error: ApiError, draft: Draft, language: Language): Record<string, string> {
  const found: Record<string, string> = {}
  const problems = error.fields.problems
  if (!Array.isArray(problems)) return { '': error.text(language) }
  const places = draft.numbers.flatMap((one, place) => (one.trim() === '' ? [] : [place]))
  const keys = writtenFields(draft).map(([key]) => key)
  for (const problem of problems as { field: string; zh: string; en: string }[]) {
    const [head = '', n = ''] = problem.field.split('.')
    const place = head === 'numbers' ? `numbers.${places[Number(n)] ?? 0}` : head === 'fields' ? (keys[Number(n)] ?? '') : head
    found[place] ??= problem[language]
  }
  return found
}

/** The other card that has a number of this one. */
export function otherCard(error: ApiError): { id: number; name: string } | null {
  const { customer_id: id, name } = error.fields
  return error.code === 'number-on-card' && typeof id === 'number' && typeof name === 'string' ? { id, name } : null
}

/** Definitions with what this card says, those that say something. */
export const saidFields = (customer: Customer, definitions: readonly CustomerField[]): { field: CustomerField; value: string }[] =>
  definitions.flatMap((field) => {
    const value = customer.fields.find(({ key }) => key === field.key)?.value
    return value === undefined ? [] : [{ field, value }]
  })
