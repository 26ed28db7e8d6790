/** Who points at a row: told before it is deleted. */
import { bodyOf, isNew, keyOf, type Draft } from './draft'
import { kinds } from './kinds'
import { pageOf, type Body } from './kind'
import { useRows } from './rows'

export interface Use {
  readonly what: string
  readonly id: string
  readonly title: string
  /** Its page, where it has one. */
  readonly to: string
}

/** The kinds whose rows can point at this one. */
export const users = (what: string): string[] => kinds.filter(({ uses, needs }) => uses !== undefined && needs.includes(what)).map((kind) => kind.what)

/** As it will be with the draft applied. */
export function usesOf(what: string, key: string, draft: Draft): Use[] {
  const rows = useRows()
  return kinds.flatMap((kind) => {
    const points = (body: Body | null): boolean => body !== null && (kind.uses?.(body) ?? []).some((one) => one.what === what && String(one.key) === key)
    const touched = draft.filter((item) => item.what === kind.what)
    const found = [
      ...rows.all(kind.what).filter((row) => !touched.some(({ id }) => id === keyOf(kind, row))).map((row) => ({ id: keyOf(kind, row), body: bodyOf(kind, row) })),
      ...touched.map(({ id, after }) => ({ id, body: after })),
    ]
    return found.filter(({ id, body }) => points(body) && !(kind.what === what && id === key)).map(({ id, body }) => ({
      what: kind.what, id, title: kind.title(body ?? {}, isNew(id) ? '' : id), to: pageOf(kind, id),
    }))
  })
}
