import type { Environment } from '../platform/environment.ts'

/** How often addresses and clock are compared while uploads run or wait, in ms. */
export const checkEveryMs = 5_000
/**
 * A timer that fires this much late was asleep with the computer; a busy main thread is seconds late at most.
 */
const sleptMs = 15_000

/**
 * Detects on every system that the computer slept, that its clock was set, or that it has other network addresses:
 * a cable, another Wi-Fi, a VPN.
 */
export interface NetworkChangeMonitor {
  /** Nothing is checked while no upload runs or waits, so that an idle app has no timer. */
  setActive(isActive: boolean): void
  close(): void
}

/** Does nothing where the environment has no `networkAddresses`. */
export function createNetworkChangeMonitor(options: {
  readonly changed: () => void
  readonly environment: Environment
}): NetworkChangeMonitor {
  const { changed, environment } = options
  const { networkAddresses } = environment
  let cancelCheck: (() => void) | null = null

  function schedule(readAddresses: () => string, knownAddresses: string): void {
    const dueAtMs = environment.now() + checkEveryMs
    cancelCheck = environment.timers.after(checkEveryMs, () => {
      // After a clock is set back, delayed uploads would wait for hours.
      const hasJumped = Math.abs(environment.now() - dueAtMs) > sleptMs
      const addresses = readAddresses()
      schedule(readAddresses, addresses)
      if (!hasJumped && addresses === knownAddresses) return
      const what = 'the computer slept or its clock was set'
      environment.log.info(hasJumped ? what : 'the network addresses changed')
      changed()
    })
  }

  function close(): void {
    cancelCheck?.()
    cancelCheck = null
  }

  return {
    setActive(isActive) {
      if (!isActive) close()
      else if (networkAddresses && !cancelCheck) schedule(networkAddresses, networkAddresses())
    },
    close,
  }
}
