import { fetchProfile, logout, type Profile } from '../cloud/auth.ts'
import type { CloudClient, Signer } from '../cloud/client.ts'
import type { Account } from '../contract/account.ts'
import { success, type Result } from '../contract/failures.ts'
import type { Environment, SecretStore } from '../platform/environment.ts'
import { revokeTimeoutMs, type DeviceKeys } from './device-keys.ts'
import type { RunExclusive } from './refresh-lock.ts'
import { createSession, type Session } from './session.ts'
import { fixedSigner, sessionSigner } from './signers.ts'

/** The stored secrets of the accounts: tokens of a session or the key of a device. */
export interface AccountCredentials {
  sessionOf(account: Pick<Account, 'id' | 'server'>): Session
  signerFor(account: Account, teamId: string | null): Signer
  /** Whether there is a secret, without a request to the server. */
  checkSecret(account: Account): Promise<Result<void>>
  /** Whether the keychain had no secret when it was last read. */
  isSecretMissing(account: Account): boolean
  /**
   * Whether there is no secret or the server refused the current one, as opposed to one of an earlier
   * sign-in. Reads the keychain again, since another process may have signed in.
   */
  isRefused(account: Account): Promise<boolean>
  /** Rejects when `signal` aborts. */
  fetchProfile(account: Account, signal: AbortSignal): Promise<Result<Profile>>
  /**
   * Erases an account's secret from the keychain. `revoke` then revokes it at the server; it returns the first
   * failure that has to be shown to the user. Nothing is erased if `record` fails, which stores the sign-out.
   */
  end(
    account: Account,
    record?: () => Result<void>,
  ): Promise<Result<{ readonly revoke: () => Promise<Result<void>> }>>
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
      : // After a sign-out, requests that are still running belong to the session of the next sign-in.
        sessionSigner(() => sessionOf(account), teamId)
  }

  async function endSession(account: Account, record?: () => Result<void>) {
    const ended = await sessionOf(account).end(record)
    if (!ended.ok) return ended
    const { secret, erased } = ended.value
    sessions.delete(account.id)
    return success({
      async revoke() {
        if (!secret) return erased
        const teamId = account.teams[0]?.id ?? null
        const signer = fixedSigner({ kind: 'session', token: secret.accessToken, teamId })
        const signal = AbortSignal.timeout(revokeTimeoutMs)
        // The server's answer changes nothing, but it is awaited because the process may end right after.
        const loggedOut = await logout(clientFor(account.server), signer, secret.refreshToken, signal).catch(
          () => null,
        )
        if (!loggedOut?.ok) environment.log.warn('could not revoke a session at the server')
        return erased
      },
    })
  }

  async function endDevice(account: Account, record: () => Result<void> = () => success(undefined)) {
    const recorded = record()
    if (!recorded.ok) return recorded
    const { key, erased } = await devices.end(account.id)
    return success({
      async revoke() {
        if (key === null) return erased
        // Unlike session tokens, a device key is valid until it is revoked, so a failure is reported.
        const revoked = await devices.revoke(account.server, key)
        if (!revoked.ok) environment.log.warn('could not revoke a device key at the server')
        return erased.ok ? revoked : erased
      },
    })
  }

  return {
    sessionOf,
    signerFor,
    checkSecret: (account) =>
      account.kind === 'device' ? devices.checkSecret(account.id) : sessionOf(account).checkSecret(),
    isSecretMissing: (account) =>
      account.kind === 'device' ? devices.isSecretMissing(account.id) : sessionOf(account).isSecretMissing(),
    isRefused: (account) =>
      account.kind === 'device' ? devices.isRefused(account.id) : sessionOf(account).isRefused(),
    fetchProfile: (account, signal) =>
      account.kind === 'device'
        ? devices.fetchProfile(account, signal)
        : fetchProfile(clientFor(account.server), signerFor(account, null), signal),
    end: (account, record) =>
      account.kind === 'device' ? endDevice(account, record) : endSession(account, record),
  }
}
