import type { CloudClient } from '../cloud/client.ts'
import { pollPairing, startPairing, type OpenedPairing } from '../cloud/pairing.ts'
import { failure, retryClassOf, success, type Result } from '../contract/failures.ts'
import type { Account, Pairing } from '../contract/account.ts'
import type { Environment } from '../platform/environment.ts'

/** Pairing in the browser, one at a time. */
export interface Pairings {
  /** The one under way or just over, or null. */
  current(): Pairing | null
  /**
   * Begins anew, whatever was under way. Where an earlier pairing was confirmed and only its end was missed, that sign-in is
   * finished and nothing is begun.
   */
  start(server: string): Promise<Result<void>>
  /** Takes it away. What is confirmed in the browser later comes to nothing. */
  cancel(): void
}

/** While the line is in trouble the server is asked less often, up to this. */
const longestIntervalMs = 30_000

/** However seldom it is asked, it is once shortly before the end, and once at the end: the server's own may be a little later. */
const untilNextChanceMs = (leftMs: number, { intervalMs }: OpenedPairing) =>
  Math.max(leftMs > intervalMs ? leftMs - intervalMs : leftMs, 0)

export function createPairings(options: {
  readonly clientFor: (server: string) => CloudClient
  /** Stores the key, then asks whose it is. */
  readonly acceptDeviceKey: (server: string, key: string) => Promise<Result<Account>>
  readonly finishPendingKey: (server: string) => Promise<Result<Account> | null>
  /** Revokes a key that nobody wants any more. */
  readonly discard: (server: string, key: string) => void
  /** Somebody has signed in by pairing. */
  readonly arrived: (account: Account) => void
  /** `current` has changed. */
  readonly changed: () => void
  readonly environment: Environment
}): Pairings {
  const { clientFor, acceptDeviceKey, finishPendingKey, discard, arrived, changed, environment } = options
  let current: Pairing | null = null
  let life = new AbortController()

  function show(pairing: Pairing | null): void {
    current = pairing
    changed()
  }

  function cancel(): void {
    life.abort()
    if (current) show(null)
  }

  /** Polls until it is confirmed or over. Every step looks first whether somebody has cancelled. */
  async function follow(server: string, opened: OpenedPairing, signal: AbortSignal): Promise<void> {
    const expiresAtMs = environment.now() + opened.lastsMs
    const shown = { userCode: opened.userCode, address: opened.address, expiresAtMs }
    show({ ...shown, state: 'waiting', failure: null })
    for (let intervalMs = opened.intervalMs; ;) {
      await pause(Math.min(intervalMs, untilNextChanceMs(expiresAtMs - environment.now(), opened)), signal)
      if (signal.aborted) return
      // What was confirmed in the last seconds, or while the line was away, is asked for once more at the end.
      const isLast = environment.now() >= expiresAtMs
      // Not cut by a cancel: the answer may hold the key, which exists from then on and must be kept or revoked.
      const key = await pollPairing(clientFor(server), opened.deviceCode)
      if (key.ok && key.value !== null)
        return signal.aborted ? discard(server, key.value) : store(server, key.value, shown, signal)
      if (signal.aborted) return
      if (!key.ok && retryClassOf(key.failure) !== 'later')
        return show({ ...shown, state: 'over', failure: key.failure })
      if (isLast) break
      // A dropped line is no refusal: the code stays good until it runs out.
      intervalMs = key.ok ? opened.intervalMs : Math.min(intervalMs * 2, longestIntervalMs)
      const trouble = key.ok ? null : key.failure
      if (trouble?.code !== current?.failure?.code) show({ ...shown, state: 'waiting', failure: trouble })
    }
    show({ ...shown, state: 'over', failure: failure('pairing-over') })
  }

  /** The server hands the key out once: a cancel that comes now hides the pairing, and the sign-in comes all the same. */
  async function store(
    server: string,
    key: string,
    shown: Omit<Pairing, 'state' | 'failure'>,
    signal: AbortSignal,
  ): Promise<void> {
    show({ ...shown, state: 'storing', failure: null })
    const account = await acceptDeviceKey(server, key)
    if (account.ok) {
      if (!signal.aborted) current = null
      arrived(account.value)
    } else if (!signal.aborted) {
      show({ ...shown, state: 'over', failure: account.failure })
    }
  }

  function pause(delayMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const cancelTimer = environment.timers.after(delayMs, resolve)
      signal.addEventListener('abort', () => {
        cancelTimer()
        resolve()
      })
    })
  }

  return {
    current: () => current,
    cancel,
    async start(server) {
      cancel()
      const { signal } = (life = new AbortController())
      const left = await finishPendingKey(server)
      if (left?.ok) {
        arrived(left.value)
        return success(undefined)
      }
      const opened = await startPairing(clientFor(server), signal).catch(() => null)
      if (opened === null || signal.aborted) return success(undefined)
      if (!opened.ok) return opened
      void follow(server, opened.value, signal).catch((error: unknown) => {
        if (signal.aborted) return
        environment.log.error('a pairing threw', { error: String(error) })
        // Such as when the journal can't take the account: nothing else would end what is shown.
        if (current) show({ ...current, state: 'over', failure: failure('unexpected') })
      })
      return success(undefined)
    },
  }
}
