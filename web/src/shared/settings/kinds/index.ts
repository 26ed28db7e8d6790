/** Every kind of settings row. A new page adds its kind here. */
import type { Kind } from '../kind'
import { agent } from './agent'
import { calendar } from './calendar'
import { company } from './company'
import { did } from './did'
import { extension } from './extension'
import { group } from './group'
import { limits } from './limits'
import { menu } from './menu'
import { listed } from './number'
import { port } from './port'
import { prompt } from './prompt'
import { recording } from './recording'
import { span } from './span'
import { music, reading, soundDefaults } from './sounds'
import { trunk } from './trunk'

const all: readonly Kind[] = [group, agent, company, did, trunk, span, port, extension, calendar, prompt, music, soundDefaults, reading, menu, limits, recording, listed]
const byWhat = new Map(all.map((kind) => [kind.what, kind]))

export const kinds = all
export const kindOf = (what: string): Kind | undefined => byWhat.get(what)
/** As `kindOf`, for a kind that is known to be here. */
export function knownKind(what: string): Kind {
  const kind = byWhat.get(what)
  if (kind === undefined) throw new Error(`no kind ${what}`)
  return kind
}
