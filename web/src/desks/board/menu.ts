export interface MenuEntry<Key extends string> {
  readonly key: Key
  readonly word: string
  readonly hint?: string
  /** A heading before it. */
  readonly head?: string
}
