import { login, logout, profileOf } from '../cloud/auth.ts'
import { createCloudClient, type CloudClient, type Credential, type Signer } from '../cloud/client.ts'
import { failed, failure, success, type Result } from '../contract/errors.ts'
import type { Account } from '../contract/account.ts'
import type { AccountBook, Ports, Vault } from '../contract/ports.ts'
import type { Ways } from '../contract/ways.ts'
import { isSameHuman } from './carrier.ts'
import { createDevices, whoseKey } from './devices.ts'
import { deviceKeyIn } from './keys.ts'
import type { Exclusively } from './refresh-lock.ts'
import { createSession, type Session } from './session.ts'
import { fixedSigner, sessionSigner } from './signers.ts'

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
  takeArrival(server: string, key: string): Promise<Result<Account>>
  /** Ends a pairing that was confirmed while nobody saw it; null when there is none. */
  finishArrival(server: string): Promise<Result<Account> | null>
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
  accessTo(accountId: string, teamId: string): Result<Access>
  /**
   * Asks the server again who this is and which teams there are; trouble leaves what is known, a dead sign-in is marked.
   * Rejects when `signal` aborts.
   */
  refreshProfile(accountId: string, signal: AbortSignal): Promise<void>
  /**
   * Looks again for secrets of accounts that nobody has signed out: a locked keychain answers like an empty one, so that they
   * were taken for signed out. Answers whether one is back.
   */
  findSecretsAgain(): Promise<boolean>
  /** Looks whether the keychain still has an account's secret; when it says that it has none, marks it signed out. */
  checkSecret(accountId: string): Promise<void>
  /** Marks an account whose secret is dead: its rows wait until it signs in again. */
  markSignedOut(accountId: string): void
  /** Adds an account whose token is given from outside and kept nowhere: for machines without a keychain. */
  useToken(server: string, token: string): Promise<Result<Account>>
}

/** Who is signed in. Secrets lie in the vault, what may be seen lies in the book. */
export function createAccounts(options: {
  readonly book: AccountBook
  readonly vault: Vault
  readonly ports: Ports
  readonly exclusively: Exclusively
  readonly ways: Ways
}): Accounts {
  const { book, vault, ports, exclusively, ways } = options
  const clients = new Map<string, CloudClient>()
  const sessions = new Map<string, Session>()
  const fixed = new Map<string, { readonly account: Account; readonly token: string }>()
  const devices = createDevices({ clientFor, vault, save: welcome })

  function clientFor(server: string): CloudClient {
    const known = clients.get(server) ?? createCloudClient(server, ports, ways)
    clients.set(server, known)
    return known
  }

  function sessionOf({ id, server }: Pick<Account, 'id' | 'server'>): Session {
    const known =
      sessions.get(id) ??
      createSession({ accountId: id, client: clientFor(server), vault, ports, exclusively })
    sessions.set(id, known)
    return known
  }

  function find(accountId: string): Account | undefined {
    return fixed.get(accountId)?.account ?? book.list().find(({ id }) => id === accountId)
  }

  function signerFor(account: Account, teamId: string | null): Signer {
    const given = fixed.get(account.id)
    if (given) return fixedSigner(credentialOf(account.kind, given.token, teamId))
    return account.kind === 'device'
      ? devices.signerOf(account.id)
      : sessionSigner(sessionOf(account), teamId)
  }

  /** Writes down who has signed in. Whoever of others is signed out by then has left this computer to them. */
  function welcome(account: Account): void {
    book.save(account)
    for (const other of book.list()) {
      if (other.state === 'signed-out' && !isSameHuman(other, account)) book.save({ ...other, hasLeft: true })
    }
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
    welcome(account)
    return success(account)
  }

  const isHeld = (account: Account) =>
    account.kind === 'device' ? devices.isHeld(account.id) : sessionOf(account).isHeld()

  async function endSession(account: Account): Promise<Result<void>> {
    const { secret, erased } = await sessionOf(account).end()
    sessions.delete(account.id)
    book.save({ ...account, state: 'signed-out', hasLeft: true })
    // The person is signed out now; what the server says to it changes nothing and is not waited for.
    if (secret) {
      const credential = credentialOf('session', secret.accessToken, account.teams[0]?.id ?? null)
      void logout(clientFor(account.server), fixedSigner(credential), secret.refreshToken)
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
      ...book.list().filter(({ id }) => !fixed.has(id)),
      ...[...fixed.values()].map(({ account }) => account),
    ],
    signIn,
    async signInWithKey(server, pasted) {
      const key = deviceKeyIn(pasted)
      return key.ok ? devices.use(server, key.value) : key
    },
    takeArrival: devices.arrive,
    finishArrival: devices.finishArrival,
    discard: (server, key) => void devices.revoke(server, key),
    clientFor,
    async signOut(accountId, gone = () => {}) {
      const account = find(accountId)
      if (!account) return success(undefined)
      if (fixed.delete(accountId)) return success(undefined)
      return account.kind === 'device' ? endDevice(account, gone) : endSession(account)
    },
    accessTo(accountId, teamId) {
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
      else if (profile.failure.code === 'signed-out') book.save({ ...account, state: 'signed-out' })
    },
    async findSecretsAgain() {
      const lost = book.list().filter(({ state, hasLeft }) => state === 'signed-out' && hasLeft !== true)
      const held = await Promise.all(lost.map(isHeld))
      const back = lost.filter((_account, index) => held[index]?.ok)
      for (const account of back) book.save({ ...account, state: 'ready' })
      return back.length > 0
    },
    async checkSecret(accountId) {
      const account = find(accountId)
      if (!account || fixed.has(accountId)) return
      const held = await isHeld(account)
      // A locked or silent keychain says nothing about the secret; only its plain no does.
      if (!held.ok && held.failure.code === 'signed-out') book.save({ ...account, state: 'signed-out' })
    },
    markSignedOut(accountId) {
      const account = find(accountId)
      if (account && !fixed.has(accountId)) book.save({ ...account, state: 'signed-out' })
    },
    async useToken(server, token) {
      // Space around it would hide what kind of key it is.
      const bare = token.trim()
      const account = await whoseToken(clientFor(server), bare)
      if (account.ok) fixed.set(account.value.id, { account: account.value, token: bare })
      return account
    },
  }
}

function credentialOf(kind: Account['kind'], token: string, teamId: string | null): Credential {
  return kind === 'device' ? { kind, token } : { kind, token, teamId }
}

/** The account that a token from outside, with nothing around it, is for. Keys that can't upload are not sent. */
async function whoseToken(client: CloudClient, token: string): Promise<Result<Account>> {
  // The other kinds of key have a prefix; a session's token is a JWT (openapi.yaml, securitySchemes).
  if (/^(dk|sk|ak)-/.test(token)) {
    const key = deviceKeyIn(token)
    return key.ok ? whoseKey(client, key.value) : key
  }
  const profile = await profileOf(client, fixedSigner({ kind: 'session', token, teamId: null }))
  if (!profile.ok) return profile
  const { server } = client
  const id = accountIdFor(server, profile.value.personId)
  return success({ id, kind: 'session', server, ...profile.value, state: 'ready' })
}

function accountIdFor(server: string, personId: string): string {
  return `${new URL(server).host} ${personId}`
}
