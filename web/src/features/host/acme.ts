/** A certificate by ACME: the form, and the wish made of it. */
import type { Acme, AcmeWish } from '@/shared/api/shapes'

export const LETS_ENCRYPT = 'https://acme-v02.api.letsencrypt.org/directory'

export interface AcmeForm {
  names: string
  whose: 'public' | 'own'
  directory: string
  root: string
  email: string
  agreed: boolean
}

export function formOf({ wish }: Acme): AcmeForm {
  const own = wish !== null && wish.directory !== LETS_ENCRYPT
  return {
    names: wish?.names.join(', ') ?? '',
    whose: own ? 'own' : 'public',
    directory: own ? wish.directory : '',
    root: wish?.root ?? '',
    email: wish?.email ?? '',
    agreed: wish !== null,
  }
}

/** As DNS spells it: small letters, 公司.cn as xn--55qx5d.cn; what can't be spelt stays for the box to refuse. */
function spelt(name: string): string {
  try {
    return new URL(`http://${name.replace(/^https?:\/\//i, '').replace(/\/.*$/, '')}`).hostname
  } catch {
    return name
  }
}

export function wishOf(form: AcmeForm): AcmeWish {
  const own = form.whose === 'own'
  return {
    names: form.names.split(/[,，、;；\s]+/).filter((one) => one !== '').map(spelt),
    directory: own ? form.directory.trim() : LETS_ENCRYPT,
    root: own ? form.root.trim() : '',
    email: form.email.trim(),
    agreed: form.agreed,
  }
}
