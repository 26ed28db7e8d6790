/** The search for everything: opened by keys anywhere, and by a button in the settings. */
import { defineStore } from 'pinia'
import { ref } from 'vue'

export interface Found {
  readonly word: string
  /** What kind of thing, or where it is. */
  readonly within: string
  readonly help: string
  readonly to: string
}

export const useFind = defineStore('find', () => {
  const shown = ref(false)
  return {
    shown,
    open: () => {
      shown.value = true
    },
  }
})

/** Those that have every word that was typed, those that begin with it first. */
export function matching(all: readonly Found[], text: string, most: number): Found[] {
  const words = text.trim().toLowerCase().split(/\s+/).filter((word) => word !== '')
  if (words.length === 0) return []
  const rank = ({ word, within, help }: Found): number => {
    const plain = word.toLowerCase()
    const everything = `${plain} ${plain.replaceAll(' ', '')} ${within.toLowerCase()} ${help.toLowerCase()}`
    if (!words.every((one) => everything.includes(one))) return 0
    const [first = ''] = words
    return plain.startsWith(first) ? 3 : words.every((one) => plain.includes(one) || plain.replaceAll(' ', '').includes(one)) ? 2 : 1
  }
  return all.map((one) => ({ one, rank: rank(one) })).filter((one) => one.rank > 0).sort((a, b) => b.rank - a.rank).slice(0, most).map(({ one }) => one)
}

/** Whether a key is being written into something. */
export const writes = (target: EventTarget | null): boolean => target instanceof Element && target.closest('input, textarea, select, [contenteditable]') !== null
