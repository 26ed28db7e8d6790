import { afterEach, describe, expect, it, vi } from 'vitest'
import { formOf as acmeFormOf, LETS_ENCRYPT, wishOf as acmeWishOf } from '@/features/host/acme'
import { confirmWhenThere } from '@/features/host/api'
import { confirmAt, formOf, maskOf, masks, wishOf } from '@/features/host/network'
import type { Interface } from '@/shared/api/shapes'

const port: Interface = {
  name: 'eth0', mac: '46:08:f9:eb:8c:4f', link: true, speed_mbit: 1000, way: 'static',
  addresses: ['fd00::5/64', '192.168.1.20/23'], gateway: '192.168.0.1', dns: ['192.168.0.1', '223.5.5.5'],
}
const armed = { token: 'tok', pages: ['https://192.168.1.50', 'https://linebox.local'] }

describe('a port’s form', () => {
  it('holds what the port has, IPv4 first', () => {
    expect(formOf(port)).toEqual({ way: 'static', address: '192.168.1.20', prefix: 23, gateway: '192.168.0.1', dns: '192.168.0.1, 223.5.5.5' })
  })
  it('asks for no address when it comes by DHCP', () => {
    expect(wishOf('eth0', { ...formOf(port), way: 'dhcp', dns: '' })).toEqual({ interface: 'eth0', way: 'dhcp', address: null, prefix: null, gateway: null, dns: [] })
  })
  it('takes name servers with any comma between, and no gateway', () => {
    const wish = wishOf('eth0', { ...formOf(port), gateway: ' ', dns: '1.1.1.1，2.2.2.2 ; 3.3.3.3' })
    expect(wish.dns).toEqual(['1.1.1.1', '2.2.2.2', '3.3.3.3'])
    expect(wish.gateway).toBeNull()
  })
  it('offers the port’s own mask too', () => {
    expect([24, 23, 16, 30].map(maskOf)).toEqual(['255.255.255.0', '255.255.254.0', '255.255.0.0', '255.255.255.252'])
    expect(masks(30)[0]).toEqual({ value: 30, label: '255.255.255.252 (/30)' })
    expect(masks(24).filter(({ value }) => value === 24)).toHaveLength(1)
  })
})

describe('where a change is confirmed', () => {
  const wish = wishOf('eth0', { ...formOf(port), address: '192.168.1.50' })
  it('is the new address, when the page was opened by the old one', () => {
    expect(confirmAt('192.168.1.20', port, wish, armed)).toBe('https://192.168.1.50/network#tok')
  })
  it('is here, when the page was opened by a name or another port, or the address stays', () => {
    expect(confirmAt('linebox.local', port, wish, armed)).toBeNull()
    expect(confirmAt('10.0.0.5', port, wish, armed)).toBeNull()
    expect(confirmAt('192.168.1.20', port, wishOf('eth0', { ...formOf(port), gateway: '' }), armed)).toBeNull()
  })
})

describe('confirming', () => {
  afterEach(() => vi.unstubAllGlobals())
  const answer = (status: number, body: object): Response => new Response(JSON.stringify(body), { status })
  const refusal = (code: string): object => ({ code, fields: {}, zh: '。', en: '.' })

  it('goes on while the box is on its way, and ends with its yes', async () => {
    const asked = vi.fn()
      .mockRejectedValueOnce(new TypeError('no route'))
      .mockResolvedValueOnce(answer(503, refusal('webd-away')))
      .mockResolvedValueOnce(answer(409, refusal('network-not-yet')))
      .mockResolvedValueOnce(answer(200, { name: 'linebox.local' }))
    vi.stubGlobal('fetch', asked)
    await expect(confirmWhenThere('tok', Date.now() + 60_000, () => Promise.resolve())).resolves.toEqual({ name: 'linebox.local' })
    expect(asked).toHaveBeenCalledTimes(4)
  })
  it('ends at once when the box says no', async () => {
    const asked = vi.fn().mockResolvedValue(answer(409, refusal('network-nothing-waits')))
    vi.stubGlobal('fetch', asked)
    await expect(confirmWhenThere('tok', Date.now() + 60_000, () => Promise.resolve())).rejects.toMatchObject({ code: 'network-nothing-waits' })
    expect(asked).toHaveBeenCalledTimes(1)
  })
  it('gives up at the deadline', async () => {
    vi.stubGlobal('fetch', vi.fn().mockRejectedValue(new TypeError('no route')))
    await expect(confirmWhenThere('tok', Date.now() - 1, () => Promise.resolve())).rejects.toThrow()
  })
})

describe('a certificate by ACME', () => {
  const off = acmeFormOf({ state: 'off', wish: null, trouble: null })
  it('is asked of Let’s Encrypt with terms still to be agreed to', () => {
    expect(off).toEqual({ names: '', whose: 'public', directory: '', root: '', email: '', agreed: false })
    expect(acmeWishOf({ ...off, names: 'CC.company.cn，https://call.company.cn/', root: 'left from before' })).toEqual(
      { names: ['cc.company.cn', 'call.company.cn'], directory: LETS_ENCRYPT, root: '', email: '', agreed: false })
  })
  it('takes a Chinese name as DNS spells it', () => {
    expect(acmeWishOf({ ...off, names: '公司.cn' }).names).toEqual(['xn--55qx5d.cn'])
  })
  it('leaves to the box what is no name', () => {
    expect(acmeWishOf({ ...off, names: '*.company.cn a..b' }).names).toEqual(['*.company.cn', 'a..b'])
  })
  it('keeps the company’s own authority', () => {
    const wish = { names: ['cc.bank.local'], directory: 'https://ca.bank.local/dir', root: 'PEM', email: 'it@bank.cn', agreed: true }
    expect(acmeWishOf(acmeFormOf({ state: 'good', wish, trouble: null }))).toEqual(wish)
  })
})
