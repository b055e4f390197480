import { fetchProfile, logout, type Profile } from '../cloud/auth.ts'
import type { CloudClient, Signer } from '../cloud/client.ts'
import type { Account } from '../contract/account.ts'
import { success, type Result } from '../contract/failures.ts'
import { withTimeout } from '../platform/delays.ts'
import type { Environment, SecretStore } from '../platform/environment.ts'
import { revokeTimeoutMs, type DeviceKeys } from './device-keys.ts'
import type { SessionSecret } from './secrets.ts'
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
   * sign-in. Reads the keychain again, which the engines of several data folders share.
   */
  isRefused(account: Account): Promise<boolean>
  /** Resolves once no session is being refreshed. */
  refreshesEnded(): Promise<unknown>
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

/** How long a sign-out waits for a running refresh before it revokes the tokens that it has, in ms. */
const refreshWaitMs = 3_000

const secretIn = (renewed: Result<SessionSecret>) => (renewed.ok ? renewed.value : null)

export function createAccountCredentials(options: {
  readonly clientFor: (server: string) => CloudClient
  readonly devices: DeviceKeys
  /** Whether the user has signed out of the account. */
  readonly hasLeft: (accountId: string) => boolean
  readonly secretStore: SecretStore
  readonly environment: Environment
}): AccountCredentials {
  const { clientFor, devices, hasLeft, secretStore, environment } = options
  const sessions = new Map<string, Session>()

  function sessionOf({ id, server }: Pick<Account, 'id' | 'server'>): Session {
    const session =
      sessions.get(id) ??
      createSession({
        accountId: id,
        client: clientFor(server),
        secretStore,
        environment,
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
    const { secret, refreshing, erased } = ended.value
    sessions.delete(account.id)
    return success({
      async revoke() {
        const renewed = refreshing?.then(secretIn, () => null)
        const latest = renewed ? await withTimeout(renewed, environment.timers, refreshWaitMs) : null
        // Not awaited: on a dead connection the answer takes minutes, if it comes at all.
        if (!latest) void renewed?.then((late) => late && logOut(account, late))
        const known = latest ?? secret
        // The server's answer changes nothing, but it is awaited because the process may end right after.
        if (known) await logOut(account, known)
        return erased
      },
    })
  }

  async function logOut(account: Account, { accessToken, refreshToken }: SessionSecret): Promise<void> {
    const teamId = account.teams[0]?.id ?? null
    const signer = fixedSigner({ kind: 'session', token: accessToken, teamId })
    const signal = AbortSignal.timeout(revokeTimeoutMs)
    const loggedOut = await logout(clientFor(account.server), signer, refreshToken, signal).catch(() => null)
    if (!loggedOut?.ok) environment.log.warn('could not revoke a session at the server')
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
    refreshesEnded: () => Promise.allSettled([...sessions.values()].map((session) => session.refreshEnded())),
    fetchProfile: (account, signal) =>
      account.kind === 'device'
        ? devices.fetchProfile(account, signal)
        : fetchProfile(clientFor(account.server), signerFor(account, null), signal),
    end: (account, record) =>
      account.kind === 'device' ? endDevice(account, record) : endSession(account, record),
  }
}
