import { refresh } from '../cloud/auth.ts'
import type { CloudClient } from '../cloud/client.ts'
import type { TokenPairWire } from '../cloud/wire.ts'
import { failed, failure, retryClassOf, success, type Result } from '../contract/failures.ts'
import type { Environment, SecretStore } from '../platform/environment.ts'
import type { RunExclusive } from './refresh-lock.ts'
import { eraseSession, readSession, writeSession, type SessionSecret } from './secrets.ts'

/** The tokens of one signed-in account, refreshed when needed. */
export interface Session {
  /** An access token that is valid for at least a minute. */
  token(): Promise<Result<string>>
  /** A token other than `stale`; joins a running refresh. */
  renew(stale: string): Promise<Result<string>>
  /** Stores the tokens of a new sign-in, then uses them. */
  replaceTokens(pair: TokenPairWire): Promise<Result<void>>
  /** Whether there are tokens, without a request to the server. */
  checkSecret(): Promise<Result<void>>
  /**
   * Whether the keychain had no tokens when it was last read, as opposed to tokens that the server refused.
   */
  isSecretMissing(): boolean
  /**
   * Erases the tokens; returns them, so that the server can be told, and whether the keychain erased them.
   * Waits for a running refresh, which would store its pair otherwise.
   */
  end(): Promise<{ readonly secret: SessionSecret | null; readonly erased: Result<void> }>
}

/**
 * Tokens are refreshed this long before they expire, so that no request starts with one that expires on the
 * way.
 */
const refreshBeforeMs = 60_000
/**
 * A keychain that did not accept a pair is tried again after this long, since the user may have unlocked it.
 */
const retryWriteMs = 60_000
/** Without a lock, another process may store its pair a moment after the server has refused ours. */
const otherProcessReads = 3
const otherProcessDelayMs = 150

interface SessionOptions {
  readonly accountId: string
  readonly client: CloudClient
  readonly secretStore: SecretStore
  readonly environment: Environment
  /** Keeps other processes from refreshing at the same time. */
  readonly runExclusive: RunExclusive
  /** Whether the user has signed out, perhaps in another process; then the tokens in memory are dropped. */
  readonly hasLeft?: () => boolean
}

/**
 * Refresh tokens can be used only once. So one refresh runs at a time on this computer, the new pair is
 * stored before it is used, and the keychain is read again before refreshing, since the command line may have
 * refreshed meanwhile. With a locked keychain the pair stays in memory, and the state of the keychain is
 * shown to the user.
 */
export function createSession(options: SessionOptions): Session {
  const { accountId, client, secretStore, environment, runExclusive, hasLeft = () => false } = options
  const storage = createTokenStorage(options)
  let hasEnded = false
  let refreshing: Promise<Result<SessionSecret>> | null = null

  const isUsable = (secret: SessionSecret) => secret.expiresAtMs - environment.now() > refreshBeforeMs

  async function load(): Promise<Result<SessionSecret>> {
    return hasEnded ? failed(failure('signed-out')) : storage.load()
  }

  /** After a sign-out in another process, this one must not store the session again. */
  function forget(): Result<SessionSecret> {
    storage.forget()
    return failed(failure('signed-out'))
  }

  async function refreshOnce(stale: string | null): Promise<Result<SessionSecret>> {
    // A locked keychain answers like an empty one, so its answer alone does not end the session.
    if (hasLeft()) return forget()
    const stored = await storage.read()
    // A pair that the keychain did not accept is newer than the stored one.
    const latest = storage.unwritten() ?? (stored.ok ? stored.value : storage.current())
    if (!latest) return stored
    const staleToken = stale ?? storage.current()?.accessToken
    if (latest.accessToken !== staleToken && isUsable(latest)) {
      storage.use(latest)
      return success(latest)
    }
    const pair = await requestPair(latest.refreshToken)
    if (pair.ok)
      return hasLeft() ? forget() : success(await storage.save(secretOf(pair.value, environment.now())))
    if (pair.failure.code !== 'signed-out' && pair.failure.code !== 'bad-request') return pair
    return (await readPairOfOtherProcess(latest)) ?? failed(failure('signed-out'))
  }

  async function requestPair(refreshToken: string): Promise<Result<TokenPairWire>> {
    let pair = await refresh(client, refreshToken)
    // A lost response may have used up the token, which works once
    // (docs.cyberun.cloud/api-reference/auth/refresh-access-token). A second attempt shows it.
    if (!pair.ok && retryClassOf(pair.failure) === 'later') pair = await refresh(client, refreshToken)
    if (!pair.ok)
      environment.log.warn('the session could not be refreshed', { accountId, code: pair.failure.code })
    return pair
  }

  /** A refresh token that is refused may have been used by another process, which has stored its new pair. */
  async function readPairOfOtherProcess(refused: SessionSecret): Promise<Result<SessionSecret> | null> {
    for (let reads = 0; reads < otherProcessReads; reads += 1) {
      if (reads > 0)
        await new Promise<void>((resolve) => environment.timers.after(otherProcessDelayMs, resolve))
      const stored = await readSession(secretStore, accountId)
      if (!stored.ok || stored.value.refreshToken === refused.refreshToken || !isUsable(stored.value))
        continue
      storage.use(stored.value)
      return stored
    }
    return null
  }

  /** All callers that need a new token during a refresh wait for that one. */
  function refreshTogether(stale: string | null): Promise<Result<SessionSecret>> {
    refreshing ??= runExclusive(`refresh ${accountId}`, () => refreshOnce(stale)).finally(() => {
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
      if (hasEnded || (secret.ok && secret.value.accessToken !== stale)) return tokenOf(secret)
      return tokenOf(await refreshTogether(stale))
    },
    replaceTokens: (pair) => storage.replace(secretOf(pair, environment.now())),
    async checkSecret() {
      const secret = await load()
      return secret.ok ? success(undefined) : secret
    },
    isSecretMissing: storage.isMissing,
    async end() {
      const secret = await load()
      hasEnded = true
      await refreshing
      const latest = storage.unwritten() ?? storage.current()
      storage.forget()
      const erased = await eraseSession(secretStore, accountId)
      return { secret: latest ?? (secret.ok ? secret.value : null), erased }
    },
  }
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

  async function read(): Promise<Result<SessionSecret>> {
    const stored = await readSession(secretStore, accountId)
    isMissing = !stored.ok && stored.failure.code === 'signed-out' && current === null && unwritten === null
    return stored
  }

  /**
   * Stores a new pair, then uses it, even if the keychain does not accept it, since the old pair is invalid.
   */
  async function save(secret: SessionSecret): Promise<SessionSecret> {
    unwritten = secret
    writtenAtMs = environment.now()
    const written = await writeSession(secretStore, accountId, secret)
    if (written.ok) unwritten = null
    else
      environment.log.warn('the keychain did not take the session', { accountId, code: written.failure.code })
    return (current = secret)
  }

  return {
    current: () => current,
    unwritten: () => unwritten,
    isMissing: () => isMissing,
    read,
    save,
    async load(): Promise<Result<SessionSecret>> {
      if (current) return success(current)
      const stored = await read()
      if (stored.ok) current = stored.value
      return stored
    },
    use(secret: SessionSecret): void {
      current = secret
    },
    async retryWriting(): Promise<void> {
      if (unwritten && environment.now() - writtenAtMs > retryWriteMs) await save(unwritten)
    },
    async replace(secret: SessionSecret): Promise<Result<void>> {
      const written = await writeSession(secretStore, accountId, secret)
      if (!written.ok) return written
      current = secret
      unwritten = null
      isMissing = false
      return success(undefined)
    },
    forget(): void {
      current = unwritten = null
    },
  }
}

const tokenOf = (secret: Result<SessionSecret>): Result<string> =>
  secret.ok ? success(secret.value.accessToken) : secret

function secretOf(pair: TokenPairWire, nowMs: number): SessionSecret {
  return {
    accessToken: pair.access_token,
    refreshToken: pair.refresh_token,
    expiresAtMs: nowMs + pair.expires_in * 1000,
  }
}
