/** The box's network ports: what a form holds, and where the browser must go after a change. */
import type { Interface, NetworkArmed, NetworkWish } from '@/shared/api/shapes'

export interface Form {
  way: 'dhcp' | 'static'
  address: string
  prefix: number
  gateway: string
  dns: string
}

const MASKS = [24, 25, 26, 27, 28, 23, 22, 21, 20, 16, 8]

/** `255.255.255.0` of 24. */
export const maskOf = (prefix: number): string => [24, 16, 8, 0].map((shift) => ((2 ** 32 - 2 ** (32 - prefix)) / 2 ** shift) & 255).join('.')

/** The masks offered: common ones first, and the port's own. */
export function masks(own: number): { value: number; label: string }[] {
  const all = MASKS.includes(own) ? MASKS : [own, ...MASKS]
  return all.map((prefix) => ({ value: prefix, label: `${maskOf(prefix)} (/${prefix})` }))
}

const firstIpv4 = ({ addresses }: Pick<Interface, 'addresses'>): string => addresses.find((one) => !one.includes(':')) ?? ''

/** A form as the port is now. */
export function formOf(port: Interface): Form {
  const [address = '', prefix = '24'] = firstIpv4(port).split('/')
  return { way: port.way, address, prefix: Number(prefix) || 24, gateway: port.gateway ?? '', dns: port.way === 'static' ? port.dns.join(', ') : '' }
}

/** What is asked of the box. */
export function wishOf(name: string, form: Form): NetworkWish {
  const dns = form.dns.split(/[\s,，;；]+/).filter((one) => one !== '')
  if (form.way === 'dhcp') return { interface: name, way: 'dhcp', address: null, prefix: null, gateway: null, dns }
  return { interface: name, way: 'static', address: form.address.trim() || null, prefix: form.prefix, gateway: form.gateway.trim() || null, dns }
}

/**
 * Where the change is to be confirmed: null when this page goes on reaching the box (opened by a name, by another
 * port's address, or the address stays), else the page at the new address.
 */
export function confirmAt(host: string, port: Interface, wish: NetworkWish, armed: Pick<NetworkArmed, 'pages' | 'token'>): string | null {
  const leaves = port.addresses.some((one) => one.split('/')[0] === host) && wish.address !== host
  const [page] = armed.pages
  return leaves && page !== undefined ? `${page}/network#${armed.token}` : null
}
