/** How the box writes times and numbers, in both languages. */

const two = (n: number): string => String(n).padStart(2, '0')

/** Seconds as `mm:ss`, from an hour `h:mm:ss`; a negative length counts as none. */
export function clockTime(seconds: number): string {
  const s = Math.max(0, Math.floor(seconds))
  const minutes = Math.floor(s / 60) % 60
  const hours = Math.floor(s / 3600)
  return hours > 0 ? `${hours}:${two(minutes)}:${two(s % 60)}` : `${two(minutes)}:${two(s % 60)}`
}

export const count = (n: number): string => Math.round(n).toLocaleString('en-US')

/** A share of 0–1 as percent with one decimal, without the sign. */
export const percent = (share: number): string => (share >= 0.9995 ? '100' : (share * 100).toFixed(1))

/** A telephone number in groups: 139 0000 1111, 400 800 1234, 0571 8800 1234; others as they are. */
export function phone(number: string): string {
  const found =
    /^(1\d{2})(\d{4})(\d{4})$/.exec(number) ??
    /^([48]00)(\d{3})(\d{4})$/.exec(number) ??
    /^(01\d|02\d)(\d{4})(\d{4})$/.exec(number) ??
    /^(0\d{3})(\d{3,4})(\d{4})$/.exec(number)
  return found ? found.slice(1).join(' ') : number
}

export function fileSize(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`
  if (bytes < 1_000_000) return `${(bytes / 1000).toFixed(0)} kB`
  return `${(bytes / 1_000_000).toFixed(1)} MB`
}
