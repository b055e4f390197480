import { fetchProfile, type Profile } from '../cloud/auth.ts'
import type { CloudClient, Signer } from '../cloud/client.ts'
import type { Account } from '../contract/account.ts'
import type { Result } from '../contract/failures.ts'
import type { Environment, SecretStore } from '../platform/environment.ts'
import type { DeviceKeys } from './device-keys.ts'
import type { RunExclusive } from './refresh-lock.ts'
import { createSession, type Session } from './session.ts'
import { sessionSigner } from './signers.ts'

/** The stored secrets of the accounts: tokens of a session or the key of a device. */
interface AccountCredentials {
  sessionOf(account: Pick<Account, 'id' | 'server'>): Session
  signerFor(account: Account, teamId: string | null): Signer
  /** Whether there is a secret, without a request to the server. */
  checkSecret(account: Account): Promise<Result<void>>
  /** Whether the keychain had no secret when it was last read. */
  isSecretMissing(account: Account): boolean
  /** Rejects when `signal` aborts. */
  fetchProfile(account: Account, signal: AbortSignal): Promise<Result<Profile>>
  /** Drops the session's tokens from memory after a sign-out. */
  forgetSession(accountId: string): void
}

export function createAccountCredentials(options: {
  readonly clientFor: (server: string) => CloudClient
  readonly devices: DeviceKeys
  /** Whether the user has signed out of the account, perhaps in another process. */
  readonly hasLeft: (accountId: string) => boolean
  readonly secretStore: SecretStore
  readonly environment: Environment
  readonly runExclusive: RunExclusive
}): AccountCredentials {
  const { clientFor, devices, hasLeft, secretStore, environment, runExclusive } = options
  const sessions = new Map<string, Session>()

  function sessionOf({ id, server }: Pick<Account, 'id' | 'server'>): Session {
    const session =
      sessions.get(id) ??
      createSession({
        accountId: id,
        client: clientFor(server),
        secretStore,
        environment,
        runExclusive,
        hasLeft: () => hasLeft(id),
      })
    sessions.set(id, session)
    return session
  }

  function signerFor(account: Account, teamId: string | null): Signer {
    return account.kind === 'device'
      ? devices.signerFor(account.id)
      : sessionSigner(sessionOf(account), teamId)
  }

  return {
    sessionOf,
    signerFor,
    checkSecret: (account) =>
      account.kind === 'device' ? devices.checkSecret(account.id) : sessionOf(account).checkSecret(),
    isSecretMissing: (account) =>
      account.kind === 'device' ? devices.isSecretMissing(account.id) : sessionOf(account).isSecretMissing(),
    fetchProfile: (account, signal) =>
      account.kind === 'device'
        ? devices.fetchProfile(account, signal)
        : fetchProfile(clientFor(account.server), signerFor(account, null), signal),
    forgetSession: (accountId) => void sessions.delete(accountId),
  }
}
