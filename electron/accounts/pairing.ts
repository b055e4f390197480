import type { CloudClient } from '../cloud/client.ts'
import { pollPairing, startPairing, type OpenedPairing } from '../cloud/pairing.ts'
import { failure, retryClassOf, success, type Failure, type Result } from '../contract/failures.ts'
import type { Account, Pairing } from '../contract/account.ts'
import { abortableDelay } from '../platform/delays.ts'
import type { Environment } from '../platform/environment.ts'

/** Pairing in the browser, one at a time. */
export interface Pairings {
  /** The running pairing or the last one, or null. */
  current(): Pairing | null
  /**
   * Starts a pairing in place of a running one. If an earlier pairing was confirmed without this app
   * noticing, that sign-in is finished instead; a temporary failure of that is returned.
   */
  start(server: string): Promise<Result<void>>
  /** Ends the pairing. A key that the server returns afterwards is revoked. */
  cancel(): void
}

/** While requests fail the server is polled less often, up to this interval or the server's Retry-After. */
const maxIntervalMs = 30_000
const longerIntervalMs = (intervalMs: number, { retryAfterMs = 0 }: Failure) =>
  Math.max(Math.min(intervalMs * 2, maxIntervalMs), retryAfterMs)

/**
 * Limits the delay so that one poll is sent shortly before the code expires and one right after, by this
 * computer's clock.
 */
const maxDelayMs = (remainingMs: number, { intervalMs }: OpenedPairing) =>
  Math.max(remainingMs > intervalMs ? remainingMs - intervalMs : remainingMs, 0)

type PairingCode = Omit<Pairing, 'state' | 'failure'>

export function createPairings(options: {
  readonly clientFor: (server: string) => CloudClient
  /** Stores the key, then signs in with it. */
  readonly acceptDeviceKey: (server: string, key: string) => Promise<Result<Account>>
  readonly finishPendingKey: (server: string) => Promise<Result<Account> | null>
  /** Revokes a key that is not needed any more. */
  readonly discardKey: (server: string, key: string) => void
  readonly onSignedIn: (account: Account) => void
  /** Called whenever `current` changes. */
  readonly onChange: () => void
  readonly environment: Environment
}): Pairings {
  const { clientFor, acceptDeviceKey, finishPendingKey, discardKey, onSignedIn, onChange, environment } =
    options
  let current: Pairing | null = null
  let controller = new AbortController()

  function show(pairing: Pairing | null): void {
    current = pairing
    onChange()
  }

  function cancel(): void {
    controller.abort()
    if (current) show(null)
  }

  /** Polls until the pairing is confirmed, refused, expired or cancelled. */
  async function poll(server: string, opened: OpenedPairing, signal: AbortSignal): Promise<void> {
    const expiresAtMs = environment.now() + opened.lifetimeMs
    const code: PairingCode = { userCode: opened.userCode, address: opened.address, expiresAtMs }
    show({ ...code, state: 'waiting', failure: null })
    for (let intervalMs = opened.intervalMs; ;) {
      const delayMs = Math.min(intervalMs, maxDelayMs(expiresAtMs - environment.now(), opened))
      await abortableDelay(environment.timers, delayMs, signal)
      if (signal.aborted) return
      // One last poll after the expiry finds a confirmation in the last seconds or during a lost connection.
      const isLast = environment.now() >= expiresAtMs
      // A cancel does not abort it: the response may contain the key, which exists from then on and must be
      // stored or revoked.
      const key = await pollPairing(clientFor(server), opened.deviceCode)
      if (key.ok && key.value !== null) return handleKey(server, key.value, code, signal)
      if (signal.aborted) return
      const reason = key.ok ? null : key.failure
      if (reason && retryClassOf(reason) !== 'later') return show({ ...code, state: 'over', failure: reason })
      if (isLast) return show({ ...code, state: 'over', failure: failure('pairing-over') })
      intervalMs = reason ? longerIntervalMs(intervalMs, reason) : opened.intervalMs
      if (reason?.code !== current?.failure?.code) show({ ...code, state: 'waiting', failure: reason })
    }
  }

  /**
   * Signs in with the key. A cancel from now on only hides the pairing, since the server returns the key only
   * once.
   */
  async function handleKey(
    server: string,
    key: string,
    code: PairingCode,
    signal: AbortSignal,
  ): Promise<void> {
    if (signal.aborted) return discardKey(server, key)
    show({ ...code, state: 'storing', failure: null })
    const account = await acceptDeviceKey(server, key)
    if (account.ok) {
      if (!signal.aborted) current = null
      onSignedIn(account.value)
    } else if (!signal.aborted) {
      show({ ...code, state: 'over', failure: account.failure })
    }
  }

  return {
    current: () => current,
    cancel,
    async start(server) {
      cancel()
      const { signal } = (controller = new AbortController())
      const finished = await finishPendingKey(server)
      if (finished?.ok) {
        onSignedIn(finished.value)
        return success(undefined)
      }
      // The next pairing would replace its key, which stays valid.
      if (finished && retryClassOf(finished.failure) !== 'never') return finished
      const opened = await startPairing(clientFor(server), signal).catch(() => null)
      if (opened === null || signal.aborted) return success(undefined)
      if (!opened.ok) return opened
      void poll(server, opened.value, signal).catch((error: unknown) => {
        if (signal.aborted) return
        environment.log.error('a pairing failed with an exception', { error: String(error) })
        // For example when the journal can't store the account: the pairing would stay visible forever.
        if (current) show({ ...current, state: 'over', failure: failure('unexpected') })
      })
      return success(undefined)
    },
  }
}
