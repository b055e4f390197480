import * as v from 'valibot'
import { failed, failure, success, type Result } from '../contract/failures.ts'
import type { SecretStore } from '../platform/environment.ts'
import type { ProxyLogin } from '../platform/proxy-resolver.ts'

/** The token pair of one signed-in session, as it lies in the keychain. */
export interface SessionSecret {
  readonly accessToken: string
  readonly refreshToken: string
  /** By this computer's clock: when the answer arrived plus `expires_in`, so that a wrong clock does no harm. */
  readonly expiresAtMs: number
}

const stored = v.object({
  accessToken: v.string(),
  refreshToken: v.string(),
  expiresAtMs: v.number(),
})

const entryName = (accountId: string) => `session ${accountId}`

export async function readSecret(vault: SecretStore, accountId: string): Promise<Result<SessionSecret>> {
  const text = await vault.get(entryName(accountId))
  if (!text.ok) return text
  if (text.value === null) return failed(failure('signed-out'))
  try {
    return success(v.parse(stored, JSON.parse(text.value)))
  } catch {
    // A damaged entry is no sign-in; the person signs in again and overwrites it.
    return failed(failure('signed-out'))
  }
}

export function writeSecret(
  vault: SecretStore,
  accountId: string,
  secret: SessionSecret,
): Promise<Result<void>> {
  return vault.set(entryName(accountId), JSON.stringify(secret))
}

export function eraseSecret(vault: SecretStore, accountId: string): Promise<Result<void>> {
  return vault.delete(entryName(accountId))
}

const keyName = (accountId: string) => `device ${accountId}`

/** A device's key; `signed-out` when the keychain has none. */
export async function readKey(vault: SecretStore, accountId: string): Promise<Result<string>> {
  const key = await vault.get(keyName(accountId))
  if (!key.ok) return key
  return key.value === null ? failed(failure('signed-out')) : success(key.value)
}

export function writeKey(vault: SecretStore, accountId: string, key: string): Promise<Result<void>> {
  return vault.set(keyName(accountId), key)
}

export function eraseKey(vault: SecretStore, accountId: string): Promise<Result<void>> {
  return vault.delete(keyName(accountId))
}

/** A key that was just handed out, once and for ever, lies here until it is known whose it is. */
const arrivalName = (server: string) => `device arrival ${server}`

export function readPendingKey(vault: SecretStore, server: string): Promise<Result<string | null>> {
  return vault.get(arrivalName(server))
}

export function writePendingKey(vault: SecretStore, server: string, key: string): Promise<Result<void>> {
  return vault.set(arrivalName(server), key)
}

export function erasePendingKey(vault: SecretStore, server: string): Promise<Result<void>> {
  return vault.delete(arrivalName(server))
}

const storedLogin = v.object({ name: v.string(), password: v.string() })

/** `proxy` is its address without a login. */
const proxyName = (proxy: string) => `proxy ${proxy}`

/** The login of a proxy; null when the keychain has none, or has something that is none. */
export async function readProxyLogin(vault: SecretStore, proxy: string): Promise<Result<ProxyLogin | null>> {
  const text = await vault.get(proxyName(proxy))
  if (!text.ok) return text
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), storedLogin), text.value)
  return success(parsed.success ? parsed.output : null)
}

export function writeProxyLogin(vault: SecretStore, proxy: string, login: ProxyLogin): Promise<Result<void>> {
  return vault.set(proxyName(proxy), JSON.stringify(login))
}
