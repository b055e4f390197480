import type { Log, Environment, Timers } from './environment.ts'
import type { FindProxies } from './proxy-resolver.ts'

export const realTimers: Timers = {
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs)
    return () => clearTimeout(timer)
  },
}

/** The world as it is, for the engine. */
export function createEnvironment(log: Log, findProxies: FindProxies): Environment {
  return {
    now: Date.now,
    random: Math.random,
    log,
    findProxies,
    timers: realTimers,
  }
}
