import { defineStore } from 'pinia'
import { computed, ref, watch } from 'vue'
import type { Session } from '@/shared/api/shapes'
import { rights } from '@/shared/rights'
import { allowRequests, ask, endRequests } from '@/shared/api/client'

interface Entry {
  readonly login: string
  readonly password: string
  /** Takes the place of a one-time password. */
  readonly new_password?: string
}

/** Who is logged in at this browser. The cookie is the truth; this is what the box said of it. */
export const useSession = defineStore('session', () => {
  const session = ref<Session | null>(null)
  const ended = ref(false)
  const loggedIn = computed(() => session.value?.logged_in === true)
  const role = computed(() => session.value?.role ?? null)
  /** The staff number of an agent. */
  const agent = computed(() => session.value?.agent ?? null)
  const login = computed(() => session.value?.user ?? '')
  /** The role demands a second factor that isn't set up yet: nothing else goes. */
  const mustEnrol = computed(() => session.value?.must_enrol === true)
  let asking: Promise<void> | null = null
  watch(session, (now) => { rights.value = now?.rights ?? [] }, { immediate: true, flush: 'sync' })

  /** Resolves when the box has been asked once; a box that doesn't answer counts as not logged in. */
  function known(): Promise<void> {
    asking ??= check()
    return asking
  }

  /** Ask again: does the session still hold? No answer changes nothing. */
  async function check(): Promise<void> {
    try {
      const answer = await ask<Session>('/api/session')
      if (loggedIn.value && !answer.logged_in) ended.value = true
      session.value = answer
    } catch {
      // The box is out of reach: the page says so by itself, and the session may still hold.
    }
  }

  /** Throws `ApiError` when the password is wrong, is a one-time one, or log-in is locked. */
  async function logIn(entry: Entry): Promise<void> {
    took(await ask<Session>('/api/session', { method: 'POST', body: entry }))
  }

  /** The second step of the log-in. Throws `ApiError` when the code or passkey is wrong, or it took too long. */
  async function giveSecond(step: { readonly ticket: string; readonly code?: string; readonly passkey?: unknown }): Promise<void> {
    took(await ask<Session>('/api/session/second', { method: 'POST', body: step }))
  }

  /** The box said how the session stands now. */
  function took(made: Session): void {
    allowRequests()
    session.value = made
    ended.value = false
  }

  async function logOut(): Promise<void> {
    endRequests()
    try {
      session.value = await ask<Session>('/api/session', { method: 'DELETE' })
    } catch {
      // Out of reach: the session goes on, and the page says that the box is away.
      allowRequests()
    }
  }

  /** The box answered that there is no session any more. */
  function forget(): void {
    if (session.value?.logged_in === true) ended.value = true
    session.value = null
  }

  return { session, ended, loggedIn, role, agent, login, mustEnrol, known, check, logIn, giveSecond, took, logOut, forget }
})
