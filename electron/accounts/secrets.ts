import * as v from 'valibot'
import { isDeviceKey, token } from '../cloud/wire.ts'
import { failed, failure, success, type Result } from '../contract/failures.ts'
import type { SecretStore } from '../platform/environment.ts'
import type { ProxyLogin } from '../platform/network/proxy-resolver.ts'

/** The token pair of one signed-in session, as stored in the keychain. */
export interface SessionSecret {
  readonly accessToken: string
  readonly refreshToken: string
  /**
   * Time of the response plus `expires_in`, both by this computer's clock, so that a wrong clock does no
   * harm.
   */
  readonly expiresAtMs: number
  /** Missing in pairs that earlier versions stored. */
  readonly lifetimeMs?: number
}

const sessionSchema = v.object({
  accessToken: token,
  refreshToken: token,
  expiresAtMs: v.number(),
  lifetimeMs: v.exactOptional(v.number()),
})

const sessionName = (accountId: string) => `session ${accountId}`

export async function readSession(
  secretStore: SecretStore,
  accountId: string,
): Promise<Result<SessionSecret>> {
  const text = await secretStore.get(sessionName(accountId))
  if (!text.ok) return text
  if (text.value === null) return failed(failure('signed-out'))
  try {
    return success(v.parse(sessionSchema, JSON.parse(text.value)))
  } catch {
    // A damaged entry counts as signed out; the next sign-in overwrites it.
    return failed(failure('signed-out'))
  }
}

export function writeSession(
  secretStore: SecretStore,
  accountId: string,
  secret: SessionSecret,
): Promise<Result<void>> {
  return secretStore.set(sessionName(accountId), JSON.stringify(secret))
}

export function eraseSession(secretStore: SecretStore, accountId: string): Promise<Result<void>> {
  return secretStore.delete(sessionName(accountId))
}

const keyName = (accountId: string) => `device ${accountId}`

/** A device key; `signed-out` when the keychain has none or the entry is damaged. */
export async function readKey(secretStore: SecretStore, accountId: string): Promise<Result<string>> {
  const key = await secretStore.get(keyName(accountId))
  if (!key.ok) return key
  return key.value === null || !isDeviceKey(key.value) ? failed(failure('signed-out')) : success(key.value)
}

export function writeKey(secretStore: SecretStore, accountId: string, key: string): Promise<Result<void>> {
  return secretStore.set(keyName(accountId), key)
}

export function eraseKey(secretStore: SecretStore, accountId: string): Promise<Result<void>> {
  return secretStore.delete(keyName(accountId))
}

/** The server returns a new key only once, so it is stored under this name until its owner is known. */
const pendingKeyName = (server: string) => `device arrival ${server}`

/** Null when the keychain has none or the entry is damaged. */
export async function readPendingKey(
  secretStore: SecretStore,
  server: string,
): Promise<Result<string | null>> {
  const key = await secretStore.get(pendingKeyName(server))
  return key.ok && key.value !== null && !isDeviceKey(key.value) ? success(null) : key
}

export function writePendingKey(
  secretStore: SecretStore,
  server: string,
  key: string,
): Promise<Result<void>> {
  return secretStore.set(pendingKeyName(server), key)
}

export function erasePendingKey(secretStore: SecretStore, server: string): Promise<Result<void>> {
  return secretStore.delete(pendingKeyName(server))
}

const proxyLoginSchema = v.object({ name: v.string(), password: v.string() })

/** `proxy` is a URL without a login. */
const proxyLoginName = (proxy: string) => `proxy ${proxy}`

/** The login of a proxy; null when the keychain has none or the entry is damaged. */
export async function readProxyLogin(
  secretStore: SecretStore,
  proxy: string,
): Promise<Result<ProxyLogin | null>> {
  const text = await secretStore.get(proxyLoginName(proxy))
  if (!text.ok) return text
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), proxyLoginSchema), text.value)
  return success(parsed.success ? parsed.output : null)
}

export function writeProxyLogin(
  secretStore: SecretStore,
  proxy: string,
  login: ProxyLogin,
): Promise<Result<void>> {
  return secretStore.set(proxyLoginName(proxy), JSON.stringify(login))
}

/** Random, so that the keychain does not list who has signed out. */
const sealName = (sealId: string) => `sealed ${sealId}`

/** The key of what was encrypted at a sign-out; null when the keychain has none, or is locked. */
export function readSealKey(secretStore: SecretStore, sealId: string): Promise<Result<string | null>> {
  return secretStore.get(sealName(sealId))
}

export function writeSealKey(secretStore: SecretStore, sealId: string, key: string): Promise<Result<void>> {
  return secretStore.set(sealName(sealId), key)
}

export function eraseSealKey(secretStore: SecretStore, sealId: string): Promise<Result<void>> {
  return secretStore.delete(sealName(sealId))
}
