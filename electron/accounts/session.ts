import { refresh } from '../cloud/auth.ts'
import type { CloudClient } from '../cloud/client.ts'
import type { TokenPairWire } from '../cloud/wire.ts'
import { failed, failure, retryClassOf, success, type Result } from '../contract/failures.ts'
import type { Environment, SecretStore } from '../platform/environment.ts'
import type { RunExclusive } from './refresh-lock.ts'
import { eraseSecret, readSecret, writeSecret, type SessionSecret } from './secrets.ts'

/** The tokens of one signed-in account: always fresh, refreshed by one at a time. */
export interface Session {
  /** An access token that is good for at least a minute. */
  token(): Promise<Result<string>>
  /** A token other than `stale`; joins a refresh that is under way. */
  renew(stale: string): Promise<Result<string>>
  /** Takes over a pair from a sign-in: stored first, used after. */
  adopt(pair: TokenPairWire): Promise<Result<void>>
  /** Whether there are tokens, without asking the server. */
  isHeld(): Promise<Result<void>>
  /** The keychain has said, when it was last asked, that it has none: nothing that the server has refused. */
  isMissing(): boolean
  /**
   * Removes the secret for good and answers what it was, so that the server can be told, and whether the keychain let go
   * of it. Waits for a refresh that is under way, whose pair would come back otherwise.
   */
  end(): Promise<{ readonly secret: SessionSecret | null; readonly erased: Result<void> }>
}

/** Refreshed this long before it runs out, so that no call starts with a token that dies on the way. */
const earlyMs = 60_000

/** A keychain that did not take a pair is asked again after this long: somebody may have unlocked it. */
const askAgainMs = 60_000

/** Where no lock holds the other process off, its pair may reach the keychain a moment after the server refused ours. */
const looksForAnother = 3
const lookAgainMs = 150

/**
 * Tokens rotate: a used refresh token is dead. So one refresh runs at a time on this computer, the new pair is stored before
 * it is used, and before refreshing the keychain is read again: the command line beside the app may have refreshed meanwhile. A keychain that is locked
 * stops nothing: the pair stays in memory, and the keychain's state says so to the person.
 */
export function createSession(options: {
  readonly accountId: string
  readonly client: CloudClient
  readonly vault: SecretStore
  readonly environment: Environment
  /** Keeps other processes from refreshing meanwhile. */
  readonly exclusively: RunExclusive
  /** Whether the person has signed out, perhaps in another process: then what is still in memory is of no more use. */
  readonly hasLeft?: () => boolean
}): Session {
  const { accountId, client, vault, environment, exclusively, hasLeft = () => false } = options
  let held: SessionSecret | null = null
  /** A new pair that the keychain did not take: the old one is dead by then, so this one must not be lost. */
  let unwritten: SessionSecret | null = null
  /** When the keychain was last asked to take it. */
  let triedMs = 0
  let ended = false
  let missing = false
  let refreshing: Promise<Result<SessionSecret>> | null = null

  const usable = (secret: SessionSecret) => secret.expiresAtMs - environment.now() > earlyMs

  /** Stores a new pair, then uses it; uses it even so when the keychain won't take it, since the old pair is dead. */
  async function keep(secret: SessionSecret): Promise<SessionSecret> {
    unwritten = secret
    triedMs = environment.now()
    const written = await writeSecret(vault, accountId, secret)
    if (written.ok) unwritten = null
    else
      environment.log.warn('the keychain did not take the session', { accountId, code: written.failure.code })
    return (held = secret)
  }

  /** Whoever signed out beside this process must not find the session back in the keychain. */
  const forget = (): Result<SessionSecret> => ((held = unwritten = null), failed(failure('signed-out')))

  async function load(): Promise<Result<SessionSecret>> {
    if (ended) return failed(failure('signed-out'))
    if (held) return success(held)
    const read = await readKept()
    if (read.ok) held = read.value
    return read
  }

  async function readKept(): Promise<Result<SessionSecret>> {
    const read = await readSecret(vault, accountId)
    missing = !read.ok && read.failure.code === 'signed-out' && held === null && unwritten === null
    return read
  }

  async function refreshOnce(stale: string | null): Promise<Result<SessionSecret>> {
    // A locked keychain answers like an empty one, so that its "none" alone ends nothing.
    if (hasLeft()) return forget()
    const read = await readKept()
    // What the keychain did not take is newer than what it holds.
    const latest = unwritten ?? (read.ok ? read.value : held)
    if (!latest) return read
    if (latest.accessToken !== (stale ?? held?.accessToken) && usable(latest)) {
      held = latest
      return success(latest)
    }
    let answer = await refresh(client, latest.refreshToken)
    // A lost answer may have used the token up; trying once more tells (NOTES.md, Refresh).
    if (!answer.ok && retryClassOf(answer.failure) === 'later')
      answer = await refresh(client, latest.refreshToken)
    if (!answer.ok) {
      environment.log.warn('the session could not be refreshed', { accountId, code: answer.failure.code })
      if (answer.failure.code !== 'signed-out' && answer.failure.code !== 'bad-request') return answer
      return (await pairOfAnother(latest)) ?? failed(failure('signed-out'))
    }
    return hasLeft() ? forget() : success(await keep(secretOf(answer.value, environment.now())))
  }

  /** A refresh token that is dead may have been used by another process, which has stored what it got. */
  async function pairOfAnother({ refreshToken }: SessionSecret): Promise<Result<SessionSecret> | null> {
    for (let look = 0; look < looksForAnother; look += 1) {
      if (look > 0) await new Promise<void>((resolve) => environment.timers.after(lookAgainMs, resolve))
      const read = await readSecret(vault, accountId)
      if (!read.ok || read.value.refreshToken === refreshToken || !usable(read.value)) continue
      held = read.value
      return read
    }
    return null
  }

  /** Everybody who needs a new token while a refresh runs waits for that one. */
  function refreshTogether(stale: string | null): Promise<Result<SessionSecret>> {
    refreshing ??= exclusively(`refresh ${accountId}`, () => refreshOnce(stale)).finally(() => {
      refreshing = null
    })
    return refreshing
  }

  return {
    async token() {
      const secret = await load()
      if (unwritten && environment.now() - triedMs > askAgainMs) await keep(unwritten)
      if (!secret.ok || usable(secret.value)) return tokenOf(secret)
      return tokenOf(await refreshTogether(null))
    },
    async renew(stale) {
      const secret = await load()
      if (ended || (secret.ok && secret.value.accessToken !== stale)) return tokenOf(secret)
      return tokenOf(await refreshTogether(stale))
    },
    async adopt(pair) {
      const secret = secretOf(pair, environment.now())
      const written = await writeSecret(vault, accountId, secret)
      if (!written.ok) return written
      held = secret
      unwritten = null
      missing = false
      return success(undefined)
    },
    async isHeld() {
      const secret = await load()
      return secret.ok ? success(undefined) : secret
    },
    isMissing: () => missing,
    async end() {
      const secret = await load()
      ended = true
      await refreshing
      const latest = unwritten ?? held
      held = unwritten = null
      const erased = await eraseSecret(vault, accountId)
      return { secret: latest ?? (secret.ok ? secret.value : null), erased }
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
