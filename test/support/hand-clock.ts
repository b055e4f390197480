import type { Environment, Timers } from '../../electron/platform/environment.ts'

/** A clock and its timers, moved by the test: nobody waits for a minute to pass. */
export interface HandClock {
  readonly now: () => number
  readonly timers: Timers
  /** Moves the clock on and fires what has become due, in its order. */
  advance(ms: number): void
  /** For how long each held timer has still to wait, in ms, soonest first. */
  waits(): readonly number[]
}

interface Held {
  readonly atMs: number
  readonly fire: () => void
}

/** Timers shorter than this run by themselves on a clock that runs: the feed's, but no waiting for a retry. */
const shortMs = 200

/** A clock that stands still until it is moved; every timer is held. */
export function standingClock(startMs = Date.UTC(2026, 0, 2, 3, 4, 5)): HandClock {
  return handClock(() => startMs, 0)
}

/** True time plus what the test adds. Short timers run by themselves, longer ones wait for `advance`. */
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
    timers: {
      after(delayMs, callback) {
        if (delayMs < realBelowMs) {
          const timer = setTimeout(callback, delayMs)
          return () => clearTimeout(timer)
        }
        const timer: Held = { atMs: now() + delayMs, fire: callback }
        held.add(timer)
        return () => held.delete(timer)
      },
    },
    advance(ms) {
      addedMs += ms
      for (const timer of soonestFirst()) {
        // One that fires may cancel another.
        if (timer.atMs <= now() && held.delete(timer)) timer.fire()
      }
    },
    waits: () => soonestFirst().map(({ atMs }) => atMs - now()),
  }
}

export interface LogLine {
  readonly level: 'info' | 'warn' | 'error'
  readonly message: string
  readonly facts: Readonly<Record<string, unknown>>
}

export interface TestPorts extends Environment {
  readonly clock: HandClock
  readonly lines: readonly LogLine[]
}

/** Ports on a hand-moved clock, with dice that always fall the same way and a log that is kept. */
export function testPorts(clock: HandClock, random = 0): TestPorts {
  const lines: LogLine[] = []
  const say =
    (level: LogLine['level']) =>
    (message: string, facts: Readonly<Record<string, unknown>> = {}) =>
      void lines.push({ level, message, facts })
  return {
    clock,
    lines,
    now: clock.now,
    timers: clock.timers,
    random: () => random,
    log: { info: say('info'), warn: say('warn'), error: say('error') },
  }
}
