import { isMessage, say } from '@/shared/i18n'

const short = (unit: string): string => unit.replace(/\.(service|socket)$/, '').replace(/^linebox-/, '')

/** A systemd unit's name for people; the unit's own name where we have no word for it. */
export function unitName(unit: string): string {
  const key = `unit.${short(unit)}`
  return isMessage(key) ? say(key) : short(unit)
}
