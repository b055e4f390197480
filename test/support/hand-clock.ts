import type { Environment, Timers } from '../../electron/platform/environment.ts'

/** A clock and timers controlled by the test, so that it does not wait for real time. */
export interface HandClock {
  readonly now: () => number
  readonly monotonicMs: () => number
  readonly timers: Timers
  /** Advances the clock and fires the due timers in order. */
  advance(ms: number): void
  /** The remaining times of all held timers in ms, soonest first. */
  waits(): readonly number[]
  /** How long the held timers were to wait when they were started, in ms. */
  delays(): readonly number[]
}

interface Held {
  readonly delayMs: number
  readonly atMs: number
  readonly fire: () => void
}

/** On a running clock, shorter timers fire by themselves: this includes the feed's, but no retry delay. */
const shortMs = 200

/** A clock that only moves when advanced; all timers are held. */
export function standingClock(startMs = Date.UTC(2026, 0, 2, 3, 4, 5)): HandClock {
  return handClock(() => startMs, 0)
}

/** Real time plus what the test adds. Short timers fire by themselves, longer ones wait for `advance`. */
export function runningClock(): HandClock {
  return handClock(Date.now, shortMs)
}

function handClock(base: () => number, realBelowMs: number): HandClock {
  const held = new Set<Held>()
  let addedMs = 0
  const now = () => base() + addedMs
  const soonestFirst = () => [...held].sort((a, b) => a.atMs - b.atMs)
  return {
    now,
    monotonicMs: now,
    timers: {
      after(delayMs, callback) {
        if (delayMs < realBelowMs) {
          const timer = setTimeout(callback, delayMs)
          return () => clearTimeout(timer)
        }
        const timer: Held = { delayMs, atMs: now() + delayMs, fire: callback }
        held.add(timer)
        return () => held.delete(timer)
      },
    },
    advance(ms) {
      addedMs += ms
      for (const timer of soonestFirst()) {
        // A fired timer may cancel another one.
        if (timer.atMs <= now() && held.delete(timer)) timer.fire()
      }
    },
    waits: () => soonestFirst().map(({ atMs }) => atMs - now()),
    delays: () => [...held].map(({ delayMs }) => delayMs),
  }
}

/**
 * Waits for `work` and advances the clock over the delays of its retries, but not over its timeouts, which are
 * longer.
 */
export async function advanceRetries<T>(clock: HandClock, work: Promise<T>): Promise<T> {
  const timer = setInterval(() => {
    const [waitMs = Infinity] = clock.waits()
    if (waitMs < shortestTimeoutMs) clock.advance(waitMs)
  }, 5)
  try {
    return await work
  } finally {
    clearInterval(timer)
  }
}

const shortestTimeoutMs = 4_000

export interface LogLine {
  readonly level: 'info' | 'warn' | 'error'
  readonly message: string
  readonly facts: Readonly<Record<string, unknown>>
}

export interface TestEnvironment extends Environment {
  readonly clock: HandClock
  readonly lines: readonly LogLine[]
}

/** An environment with a controlled clock, a constant random value and a recorded log. */
export function createTestEnvironment(clock: HandClock, random = 0): TestEnvironment {
  const lines: LogLine[] = []
  const say =
    (level: LogLine['level']) =>
    (message: string, facts: Readonly<Record<string, unknown>> = {}) =>
      void lines.push({ level, message, facts })
  return {
    clock,
    lines,
    now: clock.now,
    monotonicMs: clock.now,
    timers: clock.timers,
    random: () => random,
    log: { info: say('info'), warn: say('warn'), error: say('error') },
  }
}
