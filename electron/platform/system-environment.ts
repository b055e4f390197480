import { networkInterfaces } from 'node:os'
import type { Log, Environment, Timers } from './environment.ts'
import type { FindProxies } from './network/proxy-resolver.ts'

export const realTimers: Timers = {
  after(delayMs, callback) {
    // The time may have passed meanwhile, and Node prints a warning about a negative delay.
    const timer = setTimeout(callback, Math.max(0, delayMs))
    return () => clearTimeout(timer)
  },
}

const networkAddresses = () =>
  Object.values(networkInterfaces())
    .flatMap((addresses) => (addresses ?? []).filter(({ internal }) => !internal))
    .map(({ address }) => address)
    .sort()
    .join(' ')

/** The clock of `Environment.monotonicMs`. */
export const monotonicMs = () => performance.now()

/** The real clock, timers, random and network of this computer. */
export function createEnvironment(log: Log, findProxies: FindProxies): Environment {
  return {
    now: Date.now,
    monotonicMs,
    random: Math.random,
    log,
    findProxies,
    networkAddresses,
    timers: realTimers,
  }
}
