import { createHash } from 'node:crypto'
import { profileOf, type Profile } from '../cloud/auth.ts'
import type { CloudClient, Signer } from '../cloud/client.ts'
import { currentTeam, revokeDevice } from '../cloud/pairing.ts'
import { failed, failure, success, type Result } from '../contract/failures.ts'
import type { Account, Team } from '../contract/account.ts'
import type { SecretStore } from '../platform/environment.ts'
import { erasePendingKey, eraseKey, readPendingKey, readKey, writePendingKey, writeKey } from './secrets.ts'
import { deviceSigner, fixedSigner } from './signers.ts'

/** The keys of paired devices: one key, one person, one team. */
export interface DeviceKeys {
  signerOf(accountId: string): Signer
  /** Whether there is a key, without asking the server. */
  isHeld(accountId: string): Promise<Result<void>>
  /** The keychain has said, when it was last asked, that it has none. */
  isMissing(accountId: string): boolean
  /** Takes a key that a person has pasted: kept only when the server knows it (`key-refused`). */
  use(server: string, key: string): Promise<Result<Account>>
  /** Takes a key that a pairing handed out for once: kept before it is asked whose it is. */
  accept(server: string, key: string): Promise<Result<Account>>
  /** Finishes a pairing that was confirmed, but whose end was not seen; null when there is none. */
  finishPending(server: string): Promise<Result<Account> | null>
  /** Whose key it is by now; the team stays. Rejects when `signal` aborts. */
  profile(account: Account, signal: AbortSignal): Promise<Result<Profile>>
  /** Removes the key for good; answers what it was and whether the keychain let go of it. */
  end(accountId: string): Promise<{ readonly key: string | null; readonly erased: Result<void> }>
  /** Tells the server that a key is no longer used: `device-not-revoked` when it didn't hear. Waits some seconds at most. */
  revoke(server: string, key: string): Promise<Result<void>>
}

/** A person who signs out waits for the server no longer than this. */
export const revokeWithinMs = 10_000

export function createDeviceKeys(options: {
  readonly clientFor: (server: string) => CloudClient
  readonly vault: SecretStore
  /** Writes the account down: from then on it is signed in. */
  readonly save: (account: Account) => void
}): DeviceKeys {
  const { clientFor, vault, save } = options
  const held = new Map<string, string>()
  const missing = new Set<string>()

  async function keyOf(accountId: string): Promise<Result<string>> {
    const known = held.get(accountId)
    if (known !== undefined) return success(known)
    const key = await readKey(vault, accountId)
    if (key.ok) held.set(accountId, key.value)
    if (!key.ok && key.failure.code === 'signed-out') missing.add(accountId)
    else missing.delete(accountId)
    return key
  }

  /** The key that another process, which paired this computer again, has stored in place of a refused one. */
  async function replacedBy(accountId: string, stale: string): Promise<Result<string>> {
    const key = await readKey(vault, accountId)
    if (!key.ok || key.value === stale) return failed(failure('signed-out'))
    held.set(accountId, key.value)
    return key
  }

  function signerOf(accountId: string): Signer {
    return deviceSigner(
      () => keyOf(accountId),
      (stale) => replacedBy(accountId, stale),
    )
  }

  async function revoke(server: string, key: string): Promise<Result<void>> {
    const { host } = new URL(server)
    const limit = AbortSignal.timeout(revokeWithinMs)
    const told = await revokeDevice(clientFor(server), signerFor(key), limit).catch(() =>
      failed(failure('timed-out', { host })),
    )
    return told.ok ? told : failed(failure('device-not-revoked', { host }, { detail: told.failure.code }))
  }

  /** Asks whose key it is and keeps it under that name. A key that stood there before is of no more use. */
  async function settle(server: string, key: string): Promise<Result<Account>> {
    const account = await findKeyOwner(clientFor(server), key)
    if (!account.ok) return account
    const { id } = account.value
    const before = await keyOf(id)
    const stored = await writeKey(vault, id, key)
    if (!stored.ok) return stored
    held.set(id, key)
    missing.delete(id)
    save(account.value)
    if (before.ok && before.value !== key) void revoke(server, before.value)
    return account
  }

  async function settleArrival(server: string, key: string): Promise<Result<Account>> {
    const account = await settle(server, key)
    // A line that dropped now leaves the key where it is: the next start, or the next try, asks again.
    if (account.ok || account.failure.code === 'key-refused') await erasePendingKey(vault, server)
    return account
  }

  return {
    signerOf,
    async isHeld(accountId) {
      const key = await keyOf(accountId)
      return key.ok ? success(undefined) : key
    },
    isMissing: (accountId) => missing.has(accountId),
    use: settle,
    async accept(server, key) {
      const stored = await writePendingKey(vault, server, key)
      if (stored.ok) return settleArrival(server, key)
      void revoke(server, key)
      return stored
    },
    async finishPending(server) {
      const key = await readPendingKey(vault, server)
      if (!key.ok || key.value === null) return null
      return settleArrival(server, key.value)
    },
    async profile({ id, server, teams }, signal) {
      const profile = await profileOf(clientFor(server), signerOf(id), signal)
      return profile.ok ? success({ ...profile.value, teams }) : profile
    },
    async end(accountId) {
      const key = await keyOf(accountId)
      held.delete(accountId)
      return { key: key.ok ? key.value : null, erased: await eraseKey(vault, accountId) }
    },
    revoke,
  }
}

const signerFor = (key: string) => fixedSigner({ kind: 'device', token: key })

/** The account that a key is for. A 401 means that this server doesn't know the key: `key-refused`. */
export async function findKeyOwner(client: CloudClient, key: string): Promise<Result<Account>> {
  const signer = signerFor(key)
  const profile = await profileOf(client, signer)
  if (!profile.ok) return profile.failure.code === 'signed-out' ? failed(failure('key-refused')) : profile
  const team = await currentTeam(client, signer)
  if (!team.ok) return team
  const { server } = client
  const serves = team.value ?? standIn(profile.value, key)
  const id = `${new URL(server).host} ${profile.value.personId} ${serves.id}`
  return success({ id, kind: 'device', server, ...profile.value, teams: [serves], state: 'ready' })
}

/** Where the server doesn't tell a key's team: the person's only one, else a name of our own, which no call ever carries. */
function standIn({ teams, name }: Profile, key: string): Team {
  const [only, another] = teams
  if (only && !another) return only
  return { id: `key-${createHash('sha256').update(key).digest('hex').slice(0, 12)}`, name }
}
