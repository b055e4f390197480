import type { Log, Ports, Timers } from '../contract/ports.ts'
import type { FindProxies } from '../contract/ways.ts'

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
