import { login, logout, profileOf } from '../cloud/auth.ts'
import { createCloudClient, type CloudClient, type Credential, type Signer } from '../cloud/client.ts'
import { failed, failure, success, type Result } from '../contract/errors.ts'
import type { Account } from '../contract/model.ts'
import type { AccountBook, Ports, Vault } from '../contract/ports.ts'
import { createSession, type Session } from './session.ts'

/** What one upload needs to call the API in the name of an account and team. */
export interface Access {
  readonly client: CloudClient
  readonly signer: Signer
  readonly kind: Account['kind']
}

export interface Accounts {
  list(): readonly Account[]
  signIn(server: string, email: string, password: string): Promise<Result<Account>>
  /**
   * Erases the secret, then tells the server without waiting for its answer. The account is signed out in any case; the
   * failure is that of a keychain that may still hold the secret.
   */
  signOut(accountId: string): Promise<Result<void>>
  /** Access in the name of an account and team, or why there is none. */
  accessTo(accountId: string, teamId: string): Result<Access>
  /**
   * Asks the server again who this is and which teams there are; trouble leaves what is known, a dead sign-in is marked.
   * Rejects when `signal` aborts.
   */
  refreshProfile(accountId: string, signal: AbortSignal): Promise<void>
  /** Looks whether the keychain still has an account's secret; when it says that it has none, marks it signed out. */
  checkSecret(accountId: string): Promise<void>
  /** Marks an account whose secret is dead: its rows wait until it signs in again. */
  markSignedOut(accountId: string): void
  /** Adds an account whose token is given from outside and kept nowhere: for machines without a keychain. */
  useToken(server: string, token: string): Promise<Result<Account>>
}

/** A signer that cannot renew: its token was handed to us for this run. */
function fixedSigner(credential: Credential): Signer {
  return {
    credential: async () => success(credential),
    renew: async () => failed(failure('signed-out')),
  }
}

function sessionSigner(session: Session, teamId: string | null): Signer {
  const asCredential = (token: Result<string>): Result<Credential> =>
    token.ok ? success({ kind: 'session', token: token.value, teamId }) : token
  return {
    credential: async () => asCredential(await session.token()),
    renew: async (stale) => asCredential(await session.renew(stale.token)),
  }
}

/** Who is signed in. Secrets lie in the vault, what may be seen lies in the book. */
export function createAccounts(options: {
  readonly book: AccountBook
  readonly vault: Vault
  readonly ports: Ports
}): Accounts {
  const { book, vault, ports } = options
  const clients = new Map<string, CloudClient>()
  const sessions = new Map<string, Session>()
  const fixed = new Map<string, { readonly account: Account; readonly token: string }>()

  function clientFor(server: string): CloudClient {
    const known = clients.get(server) ?? createCloudClient(server, ports)
    clients.set(server, known)
    return known
  }

  function sessionOf({ id, server }: Pick<Account, 'id' | 'server'>): Session {
    const known =
      sessions.get(id) ?? createSession({ accountId: id, client: clientFor(server), vault, ports })
    sessions.set(id, known)
    return known
  }

  function find(accountId: string): Account | undefined {
    return fixed.get(accountId)?.account ?? book.list().find(({ id }) => id === accountId)
  }

  function signerFor(account: Account, teamId: string | null): Signer {
    const given = fixed.get(account.id)
    if (!given) return sessionSigner(sessionOf(account), teamId)
    return fixedSigner(
      account.kind === 'device'
        ? { kind: 'device', token: given.token }
        : { kind: 'session', token: given.token, teamId },
    )
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
    const account: Account = { id, kind: 'session', server, ...profile.value, state: 'ready' }
    const stored = await sessionOf(account).adopt(pair.value)
    if (!stored.ok) return stored
    book.save(account)
    return success(account)
  }

  return {
    // A token from outside stands in for the same person's stored sign-in: one person is listed once.
    list: () => [
      ...book.list().filter(({ id }) => !fixed.has(id)),
      ...[...fixed.values()].map(({ account }) => account),
    ],
    signIn,
    async signOut(accountId) {
      const account = find(accountId)
      if (!account) return success(undefined)
      if (fixed.delete(accountId)) return success(undefined)
      const session = sessionOf(account)
      const { secret, erased } = await session.end()
      sessions.delete(accountId)
      book.save({ ...account, state: 'signed-out' })
      // The person is signed out now; what the server says to it changes nothing and is not waited for.
      if (secret) {
        const signer = fixedSigner({
          kind: 'session',
          token: secret.accessToken,
          teamId: account.teams[0]?.id ?? null,
        })
        void logout(clientFor(account.server), signer, secret.refreshToken)
      }
      return erased
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
      const profile = await profileOf(clientFor(account.server), signerFor(account, null), signal)
      signal.throwIfAborted()
      // Who has signed out meanwhile stays signed out.
      if (find(accountId)?.state !== account.state) return
      if (profile.ok) book.save({ ...account, ...profile.value, state: 'ready' })
      else if (profile.failure.code === 'signed-out') book.save({ ...account, state: 'signed-out' })
    },
    async checkSecret(accountId) {
      const account = find(accountId)
      if (!account || fixed.has(accountId)) return
      const held = await sessionOf(account).isHeld()
      // A locked or silent keychain says nothing about the secret; only its plain no does.
      if (!held.ok && held.failure.code === 'signed-out') book.save({ ...account, state: 'signed-out' })
    },
    markSignedOut(accountId) {
      const account = find(accountId)
      if (account && !fixed.has(accountId)) book.save({ ...account, state: 'signed-out' })
    },
    async useToken(server, token) {
      const kind = token.startsWith('dk-') ? 'device' : 'session'
      const credential: Credential = kind === 'device' ? { kind, token } : { kind, token, teamId: null }
      const profile = await profileOf(clientFor(server), fixedSigner(credential))
      if (!profile.ok) return profile
      const id = accountIdFor(server, profile.value.personId)
      const account: Account = { id, kind, server, ...profile.value, state: 'ready' }
      fixed.set(id, { account, token })
      return success(account)
    },
  }
}

function accountIdFor(server: string, personId: string): string {
  return `${new URL(server).host} ${personId}`
}
