import { login, logout } from '../cloud/auth.ts'
import { createCloudClient, type CloudClient, type Signer } from '../cloud/client.ts'
import { failed, failure, isConnectivityFailure, success, type Result } from '../contract/failures.ts'
import { isSamePerson, type Account, type Person } from '../contract/account.ts'
import type { AccountStore, Environment, SecretStore } from '../platform/environment.ts'
import type { ProxyResolver } from '../platform/network/proxy-resolver.ts'
import { retryCall, type RetryOptions } from '../platform/retry.ts'
import { createAccountCredentials, type AccountCredentials } from './account-credentials.ts'
import { createAccountList, hasAllowedServer, type AccountList } from './account-list.ts'
import { createDeviceKeys, parseDeviceKey, revokeTimeoutMs, signInDeclinedFailure } from './device-keys.ts'
import { createExternalTokens } from './external-tokens.ts'
import { findSessionOwner } from './session-owner.ts'
import { fixedSigner } from './signers.ts'

/** What one upload needs to call the API for an account and team. */
export interface Access {
  readonly client: CloudClient
  readonly signer: Signer
  readonly kind: Account['kind']
}

export interface Accounts {
  list(): readonly Account[]
  /** Fails with `sign-in-declined` if the user doesn't agree to add the account. */
  signIn(server: string, email: string, password: string): Promise<Result<Account>>
  /** Signs in with a pasted device key; other kinds of key are named in the failure and never sent. */
  signInWithKey(server: string, pasted: string): Promise<Result<Account>>
  /** Signs in with the key from a pairing, which is stored before anything else is done with it. */
  acceptDeviceKey(server: string, key: string): Promise<Result<Account>>
  /** Finishes a pairing that was confirmed while the app was not running; null when there is none. */
  finishPendingKey(server: string): Promise<Result<Account> | null>
  /** Revokes a key from a pairing that was cancelled. */
  discardKey(server: string, key: string): void
  /** Whether a user has a sign-in that is stored on this computer, and not only a token from outside. */
  hasStoredSignIn(person: Person): boolean
  clientFor(server: string): CloudClient
  /**
   * Erases the secret, then informs the server. The account is signed out in any case; a failure means that
   * the keychain may still have the secret, or that the server did not revoke a device key
   * (`device-not-revoked`). `data` is what happens to its uploads, if they can't be encrypted. `onSignedOut` is
   * called before the server has answered.
   */
  signOut(accountId: string, onSignedOut?: () => void, data?: Account['data']): Promise<Result<void>>
  /**
   * Erases what a sign-out did not, because its process ended in between or the keychain was locked: the secrets
   * of users who have signed out. Sign-ins wait until this resolves; `revoked` resolves once the servers have
   * answered. Servers that are not known get no request.
   */
  eraseDepartedSecrets(isKnown: (server: string) => boolean): Promise<{ readonly revoked: Promise<unknown> }>
  /** Resolves once `eraseDepartedSecrets`, if it was called, has erased the secrets. */
  departedSecretsErased(): Promise<unknown>
  /** Access for an account and team, or why there is none. */
  accessFor(accountId: string, teamId: string): Result<Access>
  /**
   * Updates name and teams from the server. Temporary failures change nothing; a dead sign-in is marked.
   * Rejects when `signal` aborts.
   */
  refreshProfile(accountId: string, signal: AbortSignal): Promise<Result<void>>
  /** Resolves once no session is being refreshed: its old tokens are invalid before the new ones are stored. */
  refreshesEnded(): Promise<unknown>
  /**
   * Reads the secrets of signed-out accounts again if their users did not sign out, since a locked keychain
   * looks like an empty one. Returns whether one is signed in again.
   */
  reloadSecrets(): Promise<boolean>
  /**
   * Checks that the keychain still has an account's secret; if it has none, the account is signed out until the
   * next start only, since a locked keychain looks like an empty one.
   */
  checkSecret(accountId: string): Promise<void>
  /**
   * Whether an account's current secret is missing or refused, as opposed to one of an earlier sign-in, to
   * which a late response may belong.
   */
  isSignedOut(accountId: string): Promise<boolean>
  /** Marks an account whose secret is missing or refused: its uploads wait until it signs in again. */
  markSignedOut(accountId: string): void
  /**
   * Adds an account for this run whose token is given from outside and not stored, for machines without a
   * keychain. Temporary failures are retried with `retry`. Rejects when its signal aborts during a request.
   */
  useToken(server: string, token: string, retry?: RetryOptions): Promise<Result<Account>>
  /** Forgets an account's token once as many callers have dropped it as have used it. Returns whether it is forgotten. */
  dropToken(accountId: string): boolean
}

/**
 * The signed-in accounts. Their secrets are in the secret store, everything visible is in the account store.
 */
export function createAccounts(options: {
  readonly accountStore: AccountStore
  readonly secretStore: SecretStore
  readonly environment: Environment
  readonly proxies: ProxyResolver
  /** Asks the user whether to add the account of another person than those known on this computer. */
  readonly confirmAccount: (account: Account) => Promise<boolean>
}): Accounts {
  const { accountStore, secretStore, environment, proxies, confirmAccount } = options
  const clients = new Map<string, CloudClient>()
  const accountList = createAccountList(accountStore, confirmAccount)
  const external = createExternalTokens(clientFor, environment)
  const devices = createDeviceKeys({ clientFor, secretStore, accountList })
  const credentials = createAccountCredentials({
    clientFor,
    devices,
    // An account that has signed out is not listed once it is encrypted.
    hasLeft: (accountId) => !accountStore.list().some(({ id, hasLeft }) => id === accountId && !hasLeft),
    secretStore,
    environment,
  })

  const services = { accountStore, accountList, credentials, environment }
  const { afterErasing, ...secretEraser } = createSecretEraser(accountStore, credentials)

  function clientFor(server: string): CloudClient {
    const client = clients.get(server) ?? createCloudClient(server, environment, proxies)
    clients.set(server, client)
    return client
  }

  const find = (accountId: string) =>
    external.find(accountId) ?? accountList.list().find(({ id }) => id === accountId)

  function signerFor(account: Account, teamId: string | null): Signer {
    return external.signerFor(account, teamId) ?? credentials.signerFor(account, teamId)
  }

  return {
    // An external token replaces the stored sign-in of the same user, so that one user is listed once.
    list: () => [...accountList.list().filter(({ id }) => !external.find(id)), ...external.list()],
    signIn: (server, email, password) =>
      afterErasing(() => signInByPassword(clientFor(server), services, { email, password })),
    async signInWithKey(server, pasted) {
      const key = parseDeviceKey(pasted)
      return key.ok ? afterErasing(() => devices.signIn(server, key.value)) : key
    },
    acceptDeviceKey: (server, key) => afterErasing(() => devices.accept(server, key)),
    finishPendingKey: (server) => afterErasing(() => devices.finishPending(server)),
    discardKey: (server, key) => void devices.revoke(server, key),
    hasStoredSignIn: accountList.hasSignIn,
    clientFor,
    async signOut(accountId, onSignedOut = () => {}, data = undefined) {
      const account = find(accountId)
      if (!account) return success(undefined)
      if (external.forget(accountId)) return success(undefined)
      // Recorded first: without its secret the account would count as expired, and its data would stay readable.
      const ended = await credentials.end(account, () => saveSignedOut(accountStore, account, data))
      if (!ended.ok) return ended
      onSignedOut()
      return ended.value.revoke()
    },
    ...secretEraser,
    accessFor(accountId, teamId) {
      const account = find(accountId)
      if (!account || account.state === 'signed-out') return failed(failure('signed-out'))
      const client = clientFor(account.server)
      return success({ client, signer: signerFor(account, teamId), kind: account.kind })
    },
    async refreshProfile(accountId, signal) {
      const account = find(accountId)
      if (!account || external.find(accountId)) return success(undefined)
      return refreshStoredProfile(account, services, signal)
    },
    refreshesEnded: credentials.refreshesEnded,
    reloadSecrets: () => restoreAccounts(accountList, credentials),
    async checkSecret(accountId) {
      const account = find(accountId)
      if (!account || external.find(accountId)) return
      const check = await credentials.checkSecret(account)
      // A locked or slow keychain doesn't mean that the secret is missing.
      if (!check.ok && check.failure.code === 'signed-out') accountList.markMissing(accountId)
    },
    async isSignedOut(accountId) {
      const account = find(accountId)
      if (!account || account.state === 'signed-out' || external.find(accountId)) return true
      return credentials.isRefused(account)
    },
    markSignedOut(accountId) {
      const account = find(accountId)
      if (account && !external.find(accountId))
        accountList.invalidate(account, credentials.isSecretMissing(account))
    },
    useToken: external.use,
    dropToken: external.drop,
  }
}

/** A user waits for the result, so that a failing server is not retried for longer than this, in ms. */
const signInRetryMs = 10_000

/** Signs in and stores the tokens and the account. */
async function signInByPassword(
  client: CloudClient,
  services: {
    readonly accountList: Pick<AccountList, 'add' | 'list' | 'mayAdd'>
    readonly credentials: Pick<AccountCredentials, 'end' | 'sessionOf'>
    readonly environment: Environment
  },
  { email, password }: { readonly email: string; readonly password: string },
): Promise<Result<Account>> {
  const { accountList, credentials, environment } = services
  const pair = await retryCall(() => login(client, email, password), environment, {
    withinMs: signInRetryMs,
    // The user sees at once that the server can't be reached.
    mayRetry: (reason) => !isConnectivityFailure(reason),
  })
  if (!pair.ok) return pair
  const account = await retryCall(() => findSessionOwner(client, pair.value.access_token), environment, {
    withinMs: signInRetryMs,
  })
  if (!account.ok) return account
  const signer = fixedSigner({ kind: 'session', token: pair.value.access_token, teamId: null })
  const isListed = () => accountList.list().some(({ id, hasLeft }) => id === account.value.id && !hasLeft)
  // Awaited because a command ends right after.
  const revoke = async () => {
    const signal = AbortSignal.timeout(revokeTimeoutMs)
    const ended = await logout(client, signer, pair.value.refresh_token, signal).catch(() => null)
    if (!ended?.ok) environment.log.warn('could not revoke a session at the server')
  }
  if (!(await accountList.mayAdd(account.value))) {
    await revoke()
    return failed(signInDeclinedFailure(account.value))
  }
  const stored = await credentials.sessionOf(account.value).replaceTokens(pair.value)
  if (!stored.ok) {
    // A slow keychain may still replace the tokens of an earlier sign-in with these.
    if (stored.failure.code !== 'keychain-slow' || !isListed()) await revoke()
    return stored
  }
  const added = accountList.add(account.value)
  if (added.ok) return account
  // A sign-in that isn't listed could not be signed out.
  if (!isListed()) {
    await credentials.end(account.value)
    await revoke()
  }
  return added
}

/**
 * Requests an account's profile and stores it. An account that was signed out or in meanwhile stays as it is,
 * since the response belongs to the session before that.
 */
async function refreshStoredProfile(
  account: Account,
  services: {
    readonly accountStore: AccountStore
    readonly accountList: AccountList
    readonly credentials: AccountCredentials
  },
  signal: AbortSignal,
): Promise<Result<void>> {
  const { accountStore, accountList, credentials } = services
  const { id, state } = account
  const signInCount = accountList.signInCount(id)
  const profile = await credentials.fetchProfile(account, signal)
  const isRefused =
    !profile.ok && profile.failure.code === 'signed-out' && (await credentials.isRefused(account))
  signal.throwIfAborted()
  const current = accountList.list().find((known) => known.id === id)
  if (current?.state !== state || accountList.signInCount(id) !== signInCount) return success(undefined)
  if (profile.ok) {
    const saved = accountStore.save({ ...account, ...profile.value, state: 'ready' })
    if (!saved.ok) return saved
  }
  if (isRefused) accountList.invalidate(account, credentials.isSecretMissing(account))
  return profile.ok ? success(undefined) : profile
}

/**
 * Restores accounts whose secret was missing and is available again, but none that the server has refused. Returns
 * whether there were any.
 */
async function restoreAccounts(
  accountList: AccountList,
  credentials: Pick<AccountCredentials, 'checkSecret'>,
): Promise<boolean> {
  const lost = accountList.list().filter(({ id }) => accountList.isMissing(id))
  const checks = await Promise.all(lost.map(credentials.checkSecret))
  const found = lost.filter((_account, index) => checks[index]?.ok)
  for (const { id } of found) accountList.restore(id)
  // The user may have signed out meanwhile.
  return accountList.list().some(({ id, state }) => state === 'ready' && found.some((one) => one.id === id))
}

/** Erases the secrets of users who have signed out, and lets sign-ins wait for that. */
function createSecretEraser(accountStore: AccountStore, credentials: Pick<AccountCredentials, 'end'>) {
  let erasing: Promise<unknown> = Promise.resolve()
  return {
    /** Signs in once no secret is being erased, which could be the new one otherwise. */
    async afterErasing<T>(signIn: () => Promise<T>): Promise<T> {
      await erasing
      return signIn()
    },
    async eraseDepartedSecrets(isKnown: (server: string) => boolean) {
      const ended = erasing.then(() => endDeparted(accountStore, credentials, isKnown))
      erasing = ended.catch(() => undefined)
      const revocations = await ended
      return { revoked: Promise.allSettled(revocations.map((revoke) => revoke())) }
    },
    departedSecretsErased: () => erasing,
  }
}

/** Erases the secrets of users who have signed out; returns what revokes them at the server. */
async function endDeparted(
  accountStore: AccountStore,
  credentials: Pick<AccountCredentials, 'end'>,
  isKnown: (server: string) => boolean,
) {
  const departed = accountStore.list().filter(({ hasLeft }) => hasLeft)
  const all = await Promise.all(
    departed.map(async (account) => {
      const ended = await credentials.end(account)
      const mayRevoke = hasAllowedServer(account) && isKnown(account.server)
      return ended.ok && mayRevoke ? [ended.value.revoke] : []
    }),
  )
  return all.flat()
}

/**
 * The choice is about all sign-ins that the user has signed out, and replaces the one of an earlier sign-out. It
 * is not about a sign-in that expired: its uploads wait for the next one.
 */
function saveSignedOut(accountStore: AccountStore, account: Account, data: Account['data']): Result<void> {
  const departed: Account = { ...account, state: 'signed-out', hasLeft: true }
  const others = accountStore.list().filter(({ id }) => id !== account.id)
  const changed = [departed, ...others.filter((other) => other.hasLeft && isSamePerson(other, account))]
  return accountStore.save(
    ...changed.map(({ data: _earlier, ...other }) => ({ ...other, ...(data ? { data } : {}) })),
  )
}
