import { createHash } from 'node:crypto'
import { fetchProfile, type Profile } from '../cloud/auth.ts'
import type { CloudClient, Signer } from '../cloud/client.ts'
import { currentTeam, revokeDevice } from '../cloud/pairing.ts'
import { isDeviceKey } from '../cloud/wire.ts'
import { failed, failure, success, type Result } from '../contract/failures.ts'
import type { Account, Team } from '../contract/account.ts'
import type { SecretStore } from '../platform/environment.ts'
import type { AccountList } from './account-list.ts'
import { erasePendingKey, eraseKey, readPendingKey, readKey, writePendingKey, writeKey } from './secrets.ts'
import { deviceSigner, fixedSigner } from './signers.ts'

/** The keys of paired devices: one key, one user, one team. */
export interface DeviceKeys {
  signerFor(accountId: string): Signer
  /** Whether there is a key, without a request to the server. */
  checkSecret(accountId: string): Promise<Result<void>>
  /** Whether the keychain had no key when it was last read. */
  isSecretMissing(accountId: string): boolean
  /**
   * Whether there is no key or the server refused it. Reads the keychain again, which the engines of several
   * data folders share.
   */
  isRefused(accountId: string): Promise<boolean>
  /**
   * Signs in with a pasted key, which is stored only if the server accepts it (`key-refused`) and the user
   * agrees to add the account (`sign-in-declined`).
   */
  signIn(server: string, key: string): Promise<Result<Account>>
  /**
   * Signs in with a key from a pairing. The server returns it only once, so it is stored before its owner is
   * requested.
   */
  accept(server: string, key: string): Promise<Result<Account>>
  /** Finishes a pairing whose key was stored without its owner; null when there is none. */
  finishPending(server: string): Promise<Result<Account> | null>
  /** The current profile of the key's owner; the team stays. Rejects when `signal` aborts. */
  fetchProfile(account: Account, signal: AbortSignal): Promise<Result<Profile>>
  /** Erases the key; returns it, and whether the keychain erased it. */
  end(accountId: string): Promise<{ readonly key: string | null; readonly erased: Result<void> }>
  /** Revokes a key at the server within some seconds: `device-not-revoked` when that fails. */
  revoke(server: string, key: string): Promise<Result<void>>
}

/** A sign-out waits for the server no longer than this. */
export const revokeTimeoutMs = 10_000

export function createDeviceKeys(options: {
  readonly clientFor: (server: string) => CloudClient
  readonly secretStore: SecretStore
  readonly accountList: Pick<AccountList, 'add' | 'mayAdd'>
}): DeviceKeys {
  const { clientFor, secretStore, accountList } = options
  const keys = new Map<string, string>()
  const missing = new Set<string>()
  /** The last key of each account that the server refused. */
  const refused = new Map<string, string>()

  async function keyOf(accountId: string): Promise<Result<string>> {
    const known = keys.get(accountId)
    if (known !== undefined) return success(known)
    const key = await readKey(secretStore, accountId)
    if (key.ok) keys.set(accountId, key.value)
    if (!key.ok && key.failure.code === 'signed-out') missing.add(accountId)
    else missing.delete(accountId)
    return key
  }

  /** The key of a later sign-in than that with the refused key, perhaps with another data folder. */
  async function readReplacement(accountId: string, refusedKey: string): Promise<Result<string>> {
    const known = keys.get(accountId)
    const key = known === undefined || known === refusedKey ? await readKey(secretStore, accountId) : null
    // The user may have signed in while the keychain was read.
    const latest = keys.get(accountId)
    if (latest !== undefined && latest !== refusedKey) return success(latest)
    if (!key?.ok || key.value === refusedKey) {
      refused.set(accountId, refusedKey)
      return failed(failure('signed-out'))
    }
    keys.set(accountId, key.value)
    return key
  }

  function signerFor(accountId: string): Signer {
    return deviceSigner(
      () => keyOf(accountId),
      (refusedKey) => readReplacement(accountId, refusedKey),
    )
  }

  const revoke = (server: string, key: string) => revokeKey(clientFor(server), key)

  /** Requests the key's owner and stores the key for that account. A key that it replaces is revoked. */
  async function signIn(server: string, key: string): Promise<Result<Account>> {
    const account = await findKeyOwner(clientFor(server), key)
    if (!account.ok) return account
    if (!(await accountList.mayAdd(account.value))) return failed(signInDeclinedFailure(account.value))
    const { id } = account.value
    const before = await keyOf(id)
    const stored = await writeKey(secretStore, id, key)
    if (!stored.ok) return stored
    keys.set(id, key)
    missing.delete(id)
    refused.delete(id)
    if (before.ok && before.value !== key) void revoke(server, before.value)
    const added = accountList.add(account.value)
    if (added.ok) return account
    if (before.ok) return added
    await eraseKey(secretStore, id)
    keys.delete(id)
    return added
  }

  async function signInWithPendingKey(server: string, key: string): Promise<Result<Account>> {
    const account = await signIn(server, key)
    const code = account.ok ? null : account.failure.code
    // After a lost connection the key stays stored: the next start or the next attempt continues.
    if (code === null || code === 'key-refused' || code === 'sign-in-declined')
      await eraseIfPending(secretStore, server, key)
    // This key exists only here. A pasted key may be in use elsewhere and stays valid.
    if (code === 'sign-in-declined') void revoke(server, key)
    return account
  }

  return {
    signerFor,
    async checkSecret(accountId) {
      const key = await keyOf(accountId)
      return key.ok ? success(undefined) : key
    },
    isSecretMissing: (accountId) => missing.has(accountId),
    async isRefused(accountId) {
      const key = await keyOf(accountId)
      if (!key.ok) return key.failure.code === 'signed-out'
      return refused.get(accountId) === key.value && !(await readReplacement(accountId, key.value)).ok
    },
    signIn,
    async accept(server, key) {
      const stored = await writePendingKey(secretStore, server, key)
      // The key of an earlier pairing that this one replaces stays valid: a sign-in with it may still be running.
      if (stored.ok) return signInWithPendingKey(server, key)
      void revoke(server, key)
      return stored
    },
    async finishPending(server) {
      const key = await readPendingKey(secretStore, server)
      if (!key.ok || key.value === null) return null
      return signInWithPendingKey(server, key.value)
    },
    async fetchProfile({ id, server, teams }, signal) {
      const profile = await fetchProfile(clientFor(server), signerFor(id), signal)
      return profile.ok ? success({ ...profile.value, teams }) : profile
    },
    async end(accountId) {
      const key = await keyOf(accountId)
      keys.delete(accountId)
      return { key: key.ok ? key.value : null, erased: await eraseKey(secretStore, accountId) }
    },
    revoke,
  }
}

/** Erases the key of a pairing, unless a later pairing has stored its key meanwhile. */
async function eraseIfPending(secretStore: SecretStore, server: string, key: string): Promise<void> {
  const pending = await readPendingKey(secretStore, server)
  if (pending.ok && pending.value === key) await erasePendingKey(secretStore, server)
}

async function revokeKey(client: CloudClient, key: string): Promise<Result<void>> {
  const { host } = new URL(client.server)
  const signal = AbortSignal.timeout(revokeTimeoutMs)
  const revoked = await revokeDevice(client, keySigner(key), signal).catch(() =>
    failed(failure('timed-out', { host })),
  )
  if (revoked.ok) return revoked
  return failed(failure('device-not-revoked', { host }, { detail: revoked.failure.code }))
}

/** The user declined to add an account. */
export const signInDeclinedFailure = ({ email, name }: Account) =>
  failure('sign-in-declined', { account: email || name })

const keySigner = (key: string) => fixedSigner({ kind: 'device', token: key })

/**
 * Validates a pasted key. Only a device key can upload; other kinds are recognised by their prefix and never
 * sent.
 */
export function parseDeviceKey(pasted: string): Result<string> {
  const key = pasted.trim()
  if (key.startsWith('sk-')) return failed(failure('key-of-api'))
  if (key.startsWith('ak-')) return failed(failure('key-of-agent'))
  return isDeviceKey(key) ? success(key) : failed(failure('key-unknown'))
}

/** The account of a key. A 401 means that the server does not accept the key: `key-refused`. */
export async function findKeyOwner(
  client: CloudClient,
  key: string,
  signal?: AbortSignal,
): Promise<Result<Account>> {
  const signer = keySigner(key)
  const profile = await fetchProfile(client, signer, signal)
  if (!profile.ok) return profile.failure.code === 'signed-out' ? failed(failure('key-refused')) : profile
  const current = await currentTeam(client, signer)
  if (!current.ok) return current
  const { server } = client
  const team = current.value ?? substituteTeam(profile.value, key)
  const id = `${new URL(server).host} ${profile.value.personId} ${team.id}`
  return success({ id, kind: 'device', server, ...profile.value, teams: [team], state: 'ready' })
}

/**
 * For servers that do not report a key's team: the user's only team, else one with a local id that no
 * request contains.
 */
function substituteTeam({ teams, name }: Profile, key: string): Team {
  const [only, another] = teams
  if (only && !another) return only
  return { id: `key-${createHash('sha256').update(key).digest('hex').slice(0, 12)}`, name }
}
