import { login, logout, profileOf } from '../cloud/auth.ts'
import { createCloudClient, type CloudClient, type Credential, type Signer } from '../cloud/client.ts'
import { failed, failure, success, type Result } from '../contract/failures.ts'
import type { Account } from '../contract/account.ts'
import type { AccountStore, Environment, SecretStore } from '../platform/environment.ts'
import type { ProxyResolver } from '../platform/proxy-resolver.ts'
import { createDeviceKeys, revokeWithinMs } from './device-keys.ts'
import { parseDeviceKey } from './keys.ts'
import { createAccountList } from './account-list.ts'
import type { RunExclusive } from './refresh-lock.ts'
import { createSession, type Session } from './session.ts'
import { fixedSigner, sessionSigner } from './signers.ts'
import { accountIdFor, findTokenOwner } from './token-owner.ts'

/** What one upload needs to call the API in the name of an account and team. */
export interface Access {
  readonly client: CloudClient
  readonly signer: Signer
  readonly kind: Account['kind']
}

export interface Accounts {
  list(): readonly Account[]
  signIn(server: string, email: string, password: string): Promise<Result<Account>>
  /** Signs in with a pasted device key; keys that can't upload are named and never sent. */
  signInWithKey(server: string, pasted: string): Promise<Result<Account>>
  /** Signs in with the key that a pairing handed out: kept before anything else is done with it. */
  acceptDeviceKey(server: string, key: string): Promise<Result<Account>>
  /** Ends a pairing that was confirmed while nobody saw it; null when there is none. */
  finishPendingKey(server: string): Promise<Result<Account> | null>
  /** Revokes a key that was handed out and that nobody wants any more. */
  discard(server: string, key: string): void
  clientFor(server: string): CloudClient
  /**
   * Erases the secret, then tells the server. The account is signed out in any case; the failure is that of a keychain that
   * may still hold the secret, or of a server that didn't hear that a device's key is to die (`device-not-revoked`).
   * `gone` is called as soon as the account is signed out, before the server has answered.
   */
  signOut(accountId: string, gone?: () => void): Promise<Result<void>>
  /** Access in the name of an account and team, or why there is none. */
  accessFor(accountId: string, teamId: string): Result<Access>
  /**
   * Asks the server again who this is and which teams there are; trouble leaves what is known, a dead sign-in is marked.
   * Rejects when `signal` aborts.
   */
  refreshProfile(accountId: string, signal: AbortSignal): Promise<void>
  /**
   * Looks again for secrets of accounts that nobody has signed out: a locked keychain answers like an empty one, so that they
   * were taken for signed out. Answers whether one is back.
   */
  reloadSecrets(): Promise<boolean>
  /**
   * Looks whether the keychain still has an account's secret; when it says that it has none, the account is signed out for
   * this process. Another one may have a keychain that has it.
   */
  checkSecret(accountId: string): Promise<void>
  /** Marks an account whose secret is dead, or gone: its rows wait until it signs in again. */
  markSignedOut(accountId: string): void
  /** Adds an account whose token is given from outside and kept nowhere: for machines without a keychain. */
  useToken(server: string, token: string): Promise<Result<Account>>
}

/** Who is signed in. Secrets lie in the vault, what may be seen lies in the book. */
export function createAccounts(options: {
  readonly book: AccountStore
  readonly vault: SecretStore
  readonly environment: Environment
  readonly exclusively: RunExclusive
  readonly proxies: ProxyResolver
}): Accounts {
  const { book, vault, environment, exclusively, proxies } = options
  const clients = new Map<string, CloudClient>()
  const sessions = new Map<string, Session>()
  const known = createAccountList(book)
  const fixed = new Map<string, { readonly account: Account; readonly token: string }>()
  const devices = createDeviceKeys({ clientFor, vault, save: known.add })

  function clientFor(server: string): CloudClient {
    const known = clients.get(server) ?? createCloudClient(server, environment, proxies)
    clients.set(server, known)
    return known
  }

  function sessionOf({ id, server }: Pick<Account, 'id' | 'server'>): Session {
    const known =
      sessions.get(id) ??
      createSession({
        ...{ accountId: id, client: clientFor(server), vault, environment, exclusively },
        hasLeft: () => book.list().some((account) => account.id === id && account.hasLeft === true),
      })
    sessions.set(id, known)
    return known
  }

  function find(accountId: string): Account | undefined {
    return fixed.get(accountId)?.account ?? known.list().find(({ id }) => id === accountId)
  }

  function signerFor(account: Account, teamId: string | null): Signer {
    const given = fixed.get(account.id)
    if (given) return fixedSigner(credentialOf(account.kind, given.token, teamId))
    return account.kind === 'device'
      ? devices.signerOf(account.id)
      : sessionSigner(sessionOf(account), teamId)
  }

  async function signIn(server: string, email: string, password: string): Promise<Result<Account>> {
    const client = clientFor(server)
    const pair = await login(client, email, password)
    if (!pair.ok) return pair
    const token = pair.value.access_token
    const profile = await profileOf(client, fixedSigner({ kind: 'session', token, teamId: null }))
    if (!profile.ok) return profile
    // The same person on the same server is the same account, so that waiting rows find it again.
    const id = accountIdFor(server, profile.value.personId)
    const account = { id, kind: 'session', server: client.server, ...profile.value, state: 'ready' } as const
    const stored = await sessionOf(account).adopt(pair.value)
    if (!stored.ok) return stored
    known.add(account)
    return success(account)
  }

  const isHeld = (account: Account) =>
    account.kind === 'device' ? devices.isHeld(account.id) : sessionOf(account).isHeld()

  const isMissing = (account: Account) =>
    account.kind === 'device' ? devices.isMissing(account.id) : sessionOf(account).isMissing()

  async function endSession(account: Account, gone: () => void): Promise<Result<void>> {
    const { secret, erased } = await sessionOf(account).end()
    sessions.delete(account.id)
    book.save({ ...account, state: 'signed-out', hasLeft: true })
    gone()
    // The person is signed out now; what the server says changes nothing, but a process that ends at once would not be heard.
    if (secret) {
      const credential = credentialOf('session', secret.accessToken, account.teams[0]?.id ?? null)
      const limit = AbortSignal.timeout(revokeWithinMs)
      const told = logout(clientFor(account.server), fixedSigner(credential), secret.refreshToken, limit)
      await told.catch(() => environment.log.warn('the server was not told of a sign-out'))
    }
    return erased
  }

  async function endDevice(account: Account, gone: () => void): Promise<Result<void>> {
    const { key, erased } = await devices.end(account.id)
    book.save({ ...account, state: 'signed-out', hasLeft: true })
    gone()
    if (key === null) return erased
    // Unlike a session's tokens, a device's key lives until it is revoked: whether it was is worth knowing.
    const revoked = await devices.revoke(account.server, key)
    return erased.ok ? revoked : erased
  }

  return {
    // A token from outside stands in for the same person's stored sign-in: one person is listed once.
    list: () => [
      ...known.list().filter(({ id }) => !fixed.has(id)),
      ...[...fixed.values()].map(({ account }) => account),
    ],
    signIn,
    async signInWithKey(server, pasted) {
      const key = parseDeviceKey(pasted)
      return key.ok ? devices.use(server, key.value) : key
    },
    acceptDeviceKey: devices.accept,
    finishPendingKey: devices.finishPending,
    discard: (server, key) => void devices.revoke(server, key),
    clientFor,
    async signOut(accountId, gone = () => {}) {
      const account = find(accountId)
      if (!account) return success(undefined)
      if (fixed.delete(accountId)) return success(undefined)
      return account.kind === 'device' ? endDevice(account, gone) : endSession(account, gone)
    },
    accessFor(accountId, teamId) {
      const account = find(accountId)
      if (!account || account.state === 'signed-out') return failed(failure('signed-out'))
      return success({
        client: clientFor(account.server),
        signer: signerFor(account, teamId),
        kind: account.kind,
      })
    },
    async refreshProfile(accountId, signal) {
      const account = find(accountId)
      if (!account || fixed.has(accountId)) return
      const profile =
        account.kind === 'device'
          ? await devices.profile(account, signal)
          : await profileOf(clientFor(account.server), signerFor(account, null), signal)
      signal.throwIfAborted()
      // Who has signed out meanwhile stays signed out.
      if (find(accountId)?.state !== account.state) return
      if (profile.ok) book.save({ ...account, ...profile.value, state: 'ready' })
      else if (profile.failure.code === 'signed-out') known.invalidate(account, isMissing(account))
    },
    async reloadSecrets() {
      const lost = known.list().filter(({ state, hasLeft }) => state === 'signed-out' && hasLeft !== true)
      const held = await Promise.all(lost.map(isHeld))
      const back = lost.filter((_account, index) => held[index]?.ok)
      for (const account of back) known.restore(account)
      return back.length > 0
    },
    async checkSecret(accountId) {
      const account = find(accountId)
      if (!account || fixed.has(accountId)) return
      const held = await isHeld(account)
      // A locked or silent keychain says nothing about the secret; only its plain no does.
      if (!held.ok && held.failure.code === 'signed-out') known.markMissing(accountId)
    },
    markSignedOut(accountId) {
      const account = find(accountId)
      if (account && !fixed.has(accountId)) known.invalidate(account, isMissing(account))
    },
    async useToken(server, token) {
      // Space around it would hide what kind of key it is.
      const bare = token.trim()
      const account = await findTokenOwner(clientFor(server), bare)
      if (account.ok) fixed.set(account.value.id, { account: account.value, token: bare })
      return account
    },
  }
}

function credentialOf(kind: Account['kind'], token: string, teamId: string | null): Credential {
  return kind === 'device' ? { kind, token } : { kind, token, teamId }
}
