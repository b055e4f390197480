import type { Log, Ports, Timers } from './environment.ts'
import type { FindProxies } from './proxy-resolver.ts'

export const realTimers: Timers = {
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs)
    return () => clearTimeout(timer)
  },
}

/** The world as it is, for the engine. */
export function createPorts(log: Log, findProxies: FindProxies): Ports {
  return {
    now: Date.now,
    random: Math.random,
    log,
    findProxies,
    timers: realTimers,
  }
}
