import type { Log, Ports } from '../contract/ports.ts'
import type { FindProxies } from '../contract/ways.ts'

/** The world as it is, for the engine. */
export function createPorts(log: Log, findProxies: FindProxies): Ports {
  return {
    now: Date.now,
    random: Math.random,
    log,
    findProxies,
    timers: {
      after(delayMs, callback) {
        const timer = setTimeout(callback, delayMs)
        return () => clearTimeout(timer)
      },
    },
  }
}
