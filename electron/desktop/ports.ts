import type { Log, Ports } from '../contract/ports.ts'

/** The world as it is, for the engine. */
export function createPorts(log: Log): Ports {
  return {
    now: Date.now,
    random: Math.random,
    log,
    timers: {
      after(delayMs, callback) {
        const timer = setTimeout(callback, delayMs)
        return () => clearTimeout(timer)
      },
    },
  }
}
