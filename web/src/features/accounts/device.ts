const BROWSERS: readonly (readonly [RegExp, string])[] = [
  [/Edg\//, 'Edge'],
  [/MicroMessenger\//, '微信'],
  [/Firefox\//, 'Firefox'],
  [/(?:Chrome|Chromium|CriOS)\//, 'Chrome'],
  [/Safari\//, 'Safari'],
]
const SYSTEMS: readonly (readonly [RegExp, string])[] = [
  [/Windows/, 'Windows'],
  [/Android/, 'Android'],
  [/iPhone|iPad/, 'iOS'],
  [/Mac OS X/, 'macOS'],
  [/Linux/, 'Linux'],
]

/** `Chrome · Windows` from what a browser says it is; its own first word for a program; null for nothing. */
export function deviceOf(agent: string): string | null {
  const name = (of: typeof BROWSERS): string | undefined => of.find(([pattern]) => pattern.test(agent))?.[1]
  const known = [name(BROWSERS), name(SYSTEMS)].filter((one) => one !== undefined)
  if (known.length > 0) return known.join(' · ')
  return /^[\w.-]{1,40}/.exec(agent)?.[0] ?? null
}
