import { refresh } from '../cloud/auth.ts'
import { mayBeUnsupported, type CloudClient } from '../cloud/client.ts'
import { paths, type TokenPairWire } from '../cloud/wire.ts'
import {
  failed,
  failure,
  mustWait,
  retryClassOf,
  success,
  type Failure,
  type Result,
} from '../contract/failures.ts'
import type { Environment, SecretStore } from '../platform/environment.ts'
import { eraseSession, readSession, writeSession, type SessionSecret } from './secrets.ts'

/** The tokens of one signed-in account, refreshed when needed. */
export interface Session {
  /** An access token that is valid for at least a minute, or half of its lifetime. */
  token(): Promise<Result<string>>
  /** A token other than `stale`; joins a running refresh. */
  renew(stale: string): Promise<Result<string>>
  /**
   * Notes that the server refused a token that `renew` has returned. Returns the token of a later sign-in;
   * `signed-out` when there is none.
   */
  replacementFor(refused: string): Promise<Result<string>>
  /**
   * Whether there are no tokens or the server refused the current ones. Reads the keychain again, which the
   * engines of several data folders share.
   */
  isRefused(): Promise<boolean>
  /** Stores the tokens of a new sign-in, then uses them. */
  replaceTokens(pair: TokenPairWire): Promise<Result<void>>
  /** Resolves once no refresh is running, whose pair would be lost if the process ended before it is stored. */
  refreshEnded(): Promise<unknown>
  /** Whether there are tokens, without a request to the server. */
  checkSecret(): Promise<Result<void>>
  /**
   * Whether the keychain had no tokens when it was last read, as opposed to tokens that the server refused.
   */
  isSecretMissing(): boolean
  /**
   * Erases the tokens; returns them, so that they can be revoked at the server, and whether the keychain
   * erased them. A running refresh, which may take minutes on a dead connection, is not awaited and stores nothing.
   * Nothing is erased if `record` fails, which stores that the user has signed out.
   */
  end(record?: () => Result<void>): Promise<Result<EndedSession>>
}

/**
 * Tokens are refreshed this long before they expire, or after half of a shorter lifetime, so that no request
 * starts with one that expires on the way.
 */
const refreshBeforeMs = 60_000
/**
 * A keychain that did not accept a pair is tried again after this long, since the user may have unlocked it.
 */
const retryWriteMs = 60_000

interface EndedSession {
  readonly secret: SessionSecret | null
  /** The refresh that was running, whose pair replaces `secret` at the server; null if there was none. */
  readonly refreshing: Promise<Result<SessionSecret>> | null
  readonly erased: Result<void>
}

interface SessionOptions {
  readonly accountId: string
  readonly client: CloudClient
  readonly secretStore: SecretStore
  readonly environment: Environment
  /** Whether the user has signed out: tokens that the keychain did not erase must not be used again. */
  readonly hasLeft?: () => boolean
}

/**
 * Refresh tokens can be used only once. So one refresh runs at a time, the new pair is stored before it is used,
 * and the keychain is read before a refresh and after a refused one, since the engine of another data folder may
 * have refreshed meanwhile. With a locked keychain the pair stays in memory, and the state of the keychain is
 * shown to the user.
 */
export function createSession(options: SessionOptions): Session {
  const { environment, hasLeft = () => false } = options
  const storage = createTokenStorage(options)
  let hasEnded = false
  let refreshing: Promise<Result<SessionSecret>> | null = null

  const isUsable = ({ expiresAtMs, lifetimeMs = Infinity }: SessionSecret) =>
    expiresAtMs - environment.now() > Math.min(refreshBeforeMs, lifetimeMs / 2)

  async function load(): Promise<Result<SessionSecret>> {
    if (hasEnded) return failed(failure('signed-out'))
    const secret = await storage.load()
    return hasLeft() ? failed(failure('signed-out')) : secret
  }

  async function refreshOnce(stale: string | null): Promise<Result<SessionSecret>> {
    // A locked keychain looks like an empty one, so an empty result alone does not end the session.
    const stored = await storage.read()
    if (hasEnded) return failed(failure('signed-out'))
    // A pair that the keychain did not accept is newer than the stored one.
    const latest = storage.unwritten() ?? (stored.ok ? stored.value : storage.current())
    if (!latest) return stored
    const staleToken = stale ?? storage.current()?.accessToken
    if (latest.accessToken !== staleToken && isUsable(latest)) {
      storage.use(latest)
      return success(latest)
    }
    return refreshPair(latest)
  }

  async function refreshPair(latest: SessionSecret): Promise<Result<SessionSecret>> {
    const signInCount = storage.signInCount()
    const pair = await requestPair(options, latest.refreshToken)
    // Not stored: `end` returned this refresh, so that its pair can be revoked.
    if (hasEnded)
      return pair.ok ? success(secretOf(pair.value, environment.now())) : failed(failure('signed-out'))
    // If the user has signed in meanwhile, the response belongs to the earlier session.
    const current = storage.current()
    if (storage.signInCount() !== signInCount && current) return success(current)
    if (pair.ok) return success(await storage.save(secretOf(pair.value, environment.now())))
    const isRefused = pair.failure.code === 'signed-out' || pair.failure.code === 'request-refused'
    if (!isRefused) return pair
    storage.use(latest)
    return storage.readOther(latest.accessToken)
  }

  /** All callers that need a new token during a refresh wait for that one. */
  function refreshTogether(stale: string | null): Promise<Result<SessionSecret>> {
    refreshing ??= refreshOnce(stale).finally(() => {
      refreshing = null
    })
    return refreshing
  }

  return {
    async token() {
      const secret = await load()
      await storage.retryWriting()
      if (!secret.ok || isUsable(secret.value)) return tokenOf(secret)
      return tokenOf(await refreshTogether(null))
    },
    async renew(stale) {
      const secret = await load()
      if (!secret.ok || secret.value.accessToken !== stale) return tokenOf(secret)
      return tokenOf(await refreshTogether(stale))
    },
    async replacementFor(refused) {
      if (hasEnded) return failed(failure('signed-out'))
      return tokenOf(await storage.readOther(refused))
    },
    async isRefused() {
      const secret = await load()
      if (!secret.ok) return secret.failure.code === 'signed-out'
      const { accessToken } = secret.value
      return storage.isRefused(accessToken) && !(await storage.readOther(accessToken)).ok
    },
    replaceTokens: (pair) => storage.replace(secretOf(pair, environment.now())),
    checkSecret: async () => withoutValue(await load()),
    refreshEnded: async () => refreshing,
    isSecretMissing: storage.isMissing,
    async end(record = () => success(undefined)) {
      // Also tokens that the keychain did not erase at a sign-out are to be revoked.
      const secret = hasEnded ? failed(failure('signed-out')) : await storage.load()
      const recorded = record()
      if (!recorded.ok) return recorded
      hasEnded = true
      const latest = storage.unwritten() ?? storage.current() ?? (secret.ok ? secret.value : null)
      return success({ secret: latest, refreshing, erased: await storage.erase() })
    },
  }
}

const withoutValue = (result: Result<unknown>): Result<void> => (result.ok ? success(undefined) : result)

async function requestPair(
  { accountId, client, environment }: SessionOptions,
  refreshToken: string,
): Promise<Result<TokenPairWire>> {
  const request = async () => {
    const answer = await refresh(client, refreshToken)
    return answer.ok ? answer : failed(refreshFailure(answer.failure))
  }
  let pair = await request()
  // A lost response may have used up the token, which works once
  // (docs.cyberun.cloud/api-reference/auth/refresh-access-token). A second attempt shows it.
  if (!pair.ok && mayBeLost(pair.failure)) pair = await request()
  if (!pair.ok)
    environment.log.warn('the session could not be refreshed', { accountId, code: pair.failure.code })
  return pair
}

/** Whether the response may be lost. A server that asks to wait has responded. */
const mayBeLost = (met: Failure) => retryClassOf(met) === 'later' && !mustWait(met)

/** What a 4xx becomes that a refresh is not documented to return. */
const gatewayCodes: ReadonlySet<Failure['code']> = new Set(['request-refused', 'sign-in-forbidden'])

/**
 * The failure of a refresh, which the call that needs the token returns as its own: a 404 or 405 must not look as
 * if it concerned that call. A 4xx without the API's message comes from a gateway and does not end the session.
 */
function refreshFailure(met: Failure): Failure {
  const { code, serverMessage, retryAfterMs, detail = code } = met
  const isOfGateway = serverMessage === undefined && gatewayCodes.has(code)
  if (!isOfGateway && !mayBeUnsupported(met)) return met
  return failure('not-the-api', {}, { serverMessage, retryAfterMs, detail: `${paths.refresh}: ${detail}` })
}

/** A session's tokens in memory and in the keychain. */
function createTokenStorage({ accountId, secretStore, environment }: SessionOptions) {
  let current: SessionSecret | null = null
  /**
   * A new pair that the keychain did not accept: the old one is invalid by then, so this one must not be
   * lost.
   */
  let unwritten: SessionSecret | null = null
  let writtenAtMs = 0
  let isMissing = false
  /** The last access token that the server refused for good. */
  let refusedToken: string | null = null
  let signInCount = 0
  let writing: Promise<unknown> = Promise.resolve()

  async function read(): Promise<Result<SessionSecret>> {
    const stored = await readSession(secretStore, accountId)
    isMissing = !stored.ok && stored.failure.code === 'signed-out' && current === null && unwritten === null
    return stored
  }

  /** The keychain is changed in the order of the calls, so that it ends with the tokens in memory. */
  function write(change: () => Promise<Result<void>>): Promise<Result<void>> {
    const written = writing.then(change)
    writing = written.catch(() => {})
    return written
  }

  /**
   * Stores a new pair, then uses it, even if the keychain does not accept it, since the old pair is invalid.
   * Returns the tokens of a sign-in instead if the user has signed in meanwhile.
   */
  async function save(secret: SessionSecret): Promise<SessionSecret> {
    const before = signInCount
    unwritten = secret
    writtenAtMs = environment.now()
    const written = await write(async () =>
      signInCount === before ? writeSession(secretStore, accountId, secret) : success(undefined),
    )
    if (signInCount !== before && current) return current
    if (!written.ok)
      environment.log.warn('could not store a session in the keychain', {
        accountId,
        code: written.failure.code,
      })
    // A newer pair, or a sign-out, has replaced this one while it was written.
    if (unwritten !== secret) return secret
    if (written.ok) unwritten = null
    return (current = secret)
  }

  /** Tokens other than the refused ones, in memory or in the keychain; `signed-out` when there are none. */
  async function readOther(refused: string): Promise<Result<SessionSecret>> {
    const isOther = (secret: SessionSecret | null) => secret !== null && secret.accessToken !== refused
    const stored = isOther(current) || unwritten ? null : await read()
    // The user may have signed in while the keychain was read.
    if (current && isOther(current)) return success(current)
    if (!stored?.ok || !isOther(stored.value)) {
      refusedToken = refused
      return failed(failure('signed-out'))
    }
    current = stored.value
    return stored
  }

  return {
    current: () => current,
    unwritten: () => unwritten,
    isMissing: () => isMissing,
    /** Changes whenever the user signs in. */
    signInCount: () => signInCount,
    read,
    readOther,
    save,
    async load(): Promise<Result<SessionSecret>> {
      if (current) return success(current)
      const stored = await read()
      if (stored.ok) current ??= stored.value
      return current ? success(current) : stored
    },
    use(secret: SessionSecret): void {
      current = secret
    },
    isRefused: (accessToken: string) => accessToken === refusedToken,
    async retryWriting(): Promise<void> {
      if (unwritten && environment.now() - writtenAtMs > retryWriteMs) await save(unwritten)
    },
    async replace(secret: SessionSecret): Promise<Result<void>> {
      return write(async () => {
        const stored = await writeSession(secretStore, accountId, secret)
        if (!stored.ok) return stored
        current = secret
        unwritten = null
        isMissing = false
        signInCount += 1
        return stored
      })
    },
    async erase(): Promise<Result<void>> {
      current = unwritten = null
      return write(() => eraseSession(secretStore, accountId))
    },
  }
}

const tokenOf = (secret: Result<SessionSecret>): Result<string> =>
  secret.ok ? success(secret.value.accessToken) : secret

function secretOf(pair: TokenPairWire, nowMs: number): SessionSecret {
  const lifetimeMs = pair.expires_in * 1000
  return {
    accessToken: pair.access_token,
    refreshToken: pair.refresh_token,
    expiresAtMs: nowMs + lifetimeMs,
    lifetimeMs,
  }
}
