import type { Environment } from '../platform/environment.ts'

/** How often addresses and clock are compared while uploads run, in ms. */
export const checkEveryMs = 5_000
/**
 * A timer that fires this much late was asleep with the computer; a busy main thread is seconds late at most.
 */
const sleptMs = 15_000

/**
 * Detects on every system that the computer slept or has other network addresses: a cable, another Wi-Fi, a
 * VPN.
 */
export interface NetworkChangeMonitor {
  /** Uploads may have started. Nothing is checked while none run, so that an idle app has no timer. */
  activity(): void
  close(): void
}

/** Does nothing where the environment has no `networkAddresses`. */
export function createNetworkChangeMonitor(options: {
  readonly isRunning: () => boolean
  readonly changed: () => void
  readonly environment: Pick<Environment, 'now' | 'timers' | 'log' | 'networkAddresses'>
}): NetworkChangeMonitor {
  const { isRunning, changed, environment } = options
  const { networkAddresses } = environment
  let cancelCheck: (() => void) | null = null
  let addresses = ''

  function schedule(): void {
    const dueAtMs = environment.now() + checkEveryMs
    cancelCheck = environment.timers.after(checkEveryMs, () => check(dueAtMs))
  }

  function check(dueAtMs: number): void {
    cancelCheck = null
    const hasSlept = environment.now() - dueAtMs > sleptMs
    const now = networkAddresses?.() ?? ''
    const hasMoved = now !== addresses
    addresses = now
    if (isRunning()) schedule()
    if (!hasSlept && !hasMoved) return
    environment.log.info(hasSlept ? 'the computer slept' : 'the network addresses changed')
    changed()
  }

  return {
    activity() {
      if (!networkAddresses || cancelCheck || !isRunning()) return
      addresses = networkAddresses()
      schedule()
    },
    close() {
      cancelCheck?.()
      cancelCheck = null
    },
  }
}
