/** WebAuthn as JSON: what the box sends is made bytes for the browser, and its answer JSON again. */

/** Browsers give passkeys to names over https only, never to a bare IP address. */
export const passkeysHere = (): boolean =>
  typeof PublicKeyCredential !== 'undefined' && window.isSecureContext && !/^[0-9.]+$|:/.test(location.hostname)

type Options = { readonly publicKey: Record<string, unknown> }

/** Make a passkey. Throws what the browser throws (`NotAllowedError`: the person said no). */
export async function makePasskey(options: unknown): Promise<unknown> {
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON((options as Options).publicKey as unknown as PublicKeyCredentialCreationOptionsJSON)
  const made = await navigator.credentials.create({ publicKey })
  return (made as PublicKeyCredential).toJSON()
}

/** Prove to have one of the passkeys. Throws as `makePasskey`. */
export async function givePasskey(options: unknown): Promise<unknown> {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON((options as Options).publicKey as unknown as PublicKeyCredentialRequestOptionsJSON)
  const given = await navigator.credentials.get({ publicKey })
  return (given as PublicKeyCredential).toJSON()
}
