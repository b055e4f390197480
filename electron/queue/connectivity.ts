import type { ConnectivityState } from '../contract/uploads.ts'
import type { Environment } from '../platform/environment.ts'

/**
 * Whether this computer is online. Nothing is checked while uploads succeed: only a failure starts a check.
 */
export interface ConnectivityMonitor {
  readonly state: ConnectivityState
  /** A connection failed: checks whether the computer is offline or only that server had a problem. */
  suspect(): void
  /** The computer woke or its network changed: while offline, checks at once. */
  check(): void
  close(): Promise<void>
}

/**
 * The longest delays between checks while offline, in ms: short enough during the first minute that uploads
 * continue within seconds. A random part of up to one half is left out, so that after an outage of the server
 * not all clients return together.
 */
const firstDelaysMs = [1_000, 2_000, 4_000, ...Array<number>(11).fill(5_000)]
const laterDelayMs = 30_000

/**
 * Being offline is one state of the whole queue, not a failure of each upload. `isReachable` asks the servers
 * for any response and must end within its own time limit.
 */
export function createConnectivityMonitor(options: {
  readonly isReachable: (signal: AbortSignal) => Promise<boolean>
  readonly changed: (state: ConnectivityState) => void
  readonly environment: Environment
}): ConnectivityMonitor {
  const { isReachable, changed, environment } = options
  const closing = new AbortController()
  let state: ConnectivityState = 'ok'
  let checking: Promise<void> | null = null
  let failedChecks = 0
  let cancelTimer = () => {}

  function become(next: ConnectivityState): void {
    if (next === state) return
    state = next
    environment.log.info(next === 'ok' ? 'online again' : 'offline')
    changed(next)
  }

  async function checkOnce(): Promise<void> {
    const isOnline = await isReachable(closing.signal).catch(() => false)
    if (closing.signal.aborted) return
    become(isOnline ? 'ok' : 'offline')
    if (isOnline) {
      failedChecks = 0
      return
    }
    const longestMs = firstDelaysMs[failedChecks] ?? laterDelayMs
    failedChecks += 1
    cancelTimer = environment.timers.after(Math.round(longestMs * (1 - environment.random() / 2)), check)
  }

  function check(): void {
    cancelTimer()
    if (closing.signal.aborted) return
    checking ??= checkOnce().finally(() => {
      checking = null
    })
  }

  return {
    get state() {
      return state
    },
    suspect() {
      // While offline, the next check is running or scheduled already.
      if (state === 'ok') check()
    },
    check() {
      if (state === 'offline') check()
    },
    async close() {
      closing.abort()
      cancelTimer()
      await checking
    },
  }
}
