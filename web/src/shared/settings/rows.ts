/** The rows of every kind as the box has them, read once and anew after each apply. */
import { defineStore } from 'pinia'
import { reactive, shallowReactive } from 'vue'
import { keyOf, type Row } from './draft'
import { kindOf, knownKind } from './kinds'
import type { Refs } from './kind'
import { ApiError, ask } from '@/shared/api/client'

export const useRows = defineStore('settings-rows', () => {
  const lists = shallowReactive(new Map<string, readonly Row[]>())
  const failures = reactive(new Map<string, unknown>())
  const underWay = new Map<string, Promise<void>>()

  async function read(what: string): Promise<void> {
    const kind = knownKind(what)
    try {
      if (kind.single === true) lists.set(what, [await ask<Row>(kind.list)])
      else if (kind.paged !== true) lists.set(what, (await ask<{ items: readonly Row[] }>(kind.list)).items)
      failures.delete(what)
    } catch (error) {
      failures.set(what, error)
    }
  }

  /** Read a kind's rows; those that are known stay unless `fresh`. */
  async function load(what: string, fresh = false): Promise<void> {
    if (!fresh && lists.has(what)) return
    const running = underWay.get(what)
    if (running !== undefined) {
      await running
      if (!fresh) return
    }
    const reading = read(what).finally(() => underWay.delete(what))
    underWay.set(what, reading)
    await reading
  }

  /** One row of a kind that is read one by one; null: there is none. */
  async function loadOne(what: string, key: string): Promise<void> {
    const kind = knownKind(what)
    const others = (): Row[] => (lists.get(what) ?? []).filter((row) => keyOf(kind, row) !== key)
    try {
      const row = await ask<Row>(`${kind.list}/${encodeURIComponent(key)}`)
      lists.set(what, [...others(), row])
      failures.delete(what)
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) lists.set(what, others())
      else failures.set(what, error)
    }
  }

  /** Everything that was read is read again. */
  async function refresh(): Promise<void> {
    await Promise.all([...lists.keys()].map((what) => (kindOf(what)?.paged === true ? Promise.all((lists.get(what) ?? []).map((row) => loadOne(what, keyOf(knownKind(what), row)))) : load(what, true))))
  }

  const all = (what: string): readonly Row[] => lists.get(what) ?? []
  function one(what: string, key: string): Row | null {
    const kind = knownKind(what)
    return all(what).find((row) => keyOf(kind, row) === key) ?? null
  }
  const known = (what: string): boolean => lists.has(what)

  const refs: Refs = {
    rows: all,
    name(what, key) {
      const kind = kindOf(what)
      const row = kind === undefined ? null : one(what, String(key))
      return row === null || kind === undefined ? String(key) : kind.title(row, String(key))
    },
  }

  return { load, loadOne, refresh, all, one, known, refs, failures }
})
