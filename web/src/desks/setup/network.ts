/** The way back from a new address: whoever opens the wizard there with the token confirms it. */
import { ref } from 'vue'
import { confirmNetwork } from './api'

const TOKEN = /^#network=([\w.-]{1,100})$/

/** Said by the network step: `confirmed` by this very page, or it came too late. */
export const arrival = ref<'none' | 'confirmed' | 'late'>('none')

/** Where the box may be found after a change, with what confirms it. */
export const pageAt = (page: string, token: string): string => `${new URL('/setup', page).href}#network=${token}`

/** Confirm the address this page was opened at, if it was opened to do that. */
export async function newAddress(): Promise<void> {
  const token = TOKEN.exec(location.hash)?.[1]
  if (token === undefined) return
  history.replaceState(history.state, '', location.pathname)
  try {
    await confirmNetwork(token)
    arrival.value = 'confirmed'
  } catch {
    arrival.value = 'late'
  }
}
