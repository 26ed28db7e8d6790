import type { Language } from '@/shared/i18n'

/** The box refused or failed; `zh` and `en` say why, ready to be shown. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly fields: Readonly<Record<string, unknown>>,
    private readonly words: Readonly<Record<Language, string>>,
  ) {
    super(code)
  }

  text(language: Language): string {
    return this.words[language]
  }

  /** What is wrong with that field of the request; empty when nothing is. */
  problem(field: string, language: Language): string {
    const told = this.fields.problems
    if (!Array.isArray(told)) return ''
    const found = (told as readonly (Record<Language, string> & { field: string })[]).find((one) => one.field === field)
    return found?.[language] ?? ''
  }
}

/** The box gave no answer at all: no network, or nobody behind the address. */
export class NoAnswer extends Error {}

type Query = Readonly<Record<string, string | number | boolean | undefined>>

interface Request {
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE'
  query?: Query
  body?: unknown
  /** The state that is changed: its row's etag, or `*`. */
  ifMatch?: string
  signal?: AbortSignal
  limitMs?: number
}

/** Ends every request that needs a session; aborted from its end to the next one's begin. */
let inSession = new AbortController()

/** The session is about to end: give up what is under way, and ask nothing more in its name. */
export function endRequests(): void {
  inSession.abort()
}

/** There is a session (again). */
export function allowRequests(): void {
  if (inSession.signal.aborted) inSession = new AbortController()
}

/** Asks about the session itself, so needs none. */
const SESSION: readonly string[] = ['/api/session', '/api/session/second']

let onSignedOut: (() => void) | null = null

/** Called when the box no longer knows the session of this page. */
export const whenSignedOut = (act: () => void): void => {
  onSignedOut = act
}

function address(path: string, query: Query): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== '')
  const text = new URLSearchParams(given.map(([key, value]) => [key, String(value)])).toString()
  return text === '' ? path : `${path}?${text}`
}

async function failure(answer: Response): Promise<ApiError> {
  try {
    const { code, fields, zh, en } = (await answer.json()) as { code: string; fields: Record<string, unknown>; zh: string; en: string }
    return new ApiError(answer.status, code, fields, { zh, en })
  } catch {
    return new ApiError(answer.status, 'unexpected', {}, { zh: `机器回答了 ${answer.status}。`, en: `The box answered ${answer.status}.` })
  }
}

/** Ask the box. Throws `ApiError` when it refuses, `NoAnswer` when it doesn't answer within `limitMs`. */
export async function ask<T>(path: string, request: Request = {}): Promise<T> {
  const answer = await send(path, request)
  return (answer.status === 204 ? null : await answer.json()) as T
}

/** As `ask`, for an answer that is a file. */
export async function askFile(path: string, request: Request = {}): Promise<Blob> {
  return (await send(path, request)).blob()
}

async function send(path: string, { method = 'GET', query = {}, body, ifMatch, signal, limitMs = 15_000 }: Request): Promise<Response> {
  const limits = [AbortSignal.timeout(limitMs), ...(SESSION.includes(path) ? [] : [inSession.signal]), ...(signal ? [signal] : [])]
  let answer: Response
  try {
    answer = await fetch(address(path, query), {
      method,
      credentials: 'same-origin',
      signal: AbortSignal.any(limits),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      headers: { ...(body === undefined ? {} : { 'Content-Type': 'application/json' }), ...(ifMatch === undefined ? {} : { 'If-Match': `"${ifMatch}"` }) },
    })
  } catch (error) {
    if (signal?.aborted) throw error
    throw new NoAnswer(path, { cause: error })
  }
  if (!answer.ok) {
    const error = await failure(answer)
    if (error.status === 401 && !SESSION.includes(path)) onSignedOut?.()
    throw error
  }
  return answer
}
