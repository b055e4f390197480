import { aborted, type Aborted } from './attempt.ts'
import type { Timers } from './environment.ts'

/**
 * A server that says "not found" may be the wrong one for a moment, as behind a gateway that is being changed: it is asked
 * once more after this time, in ms, before what was sent is given up.
 */
export const recheckDelayMs = 5_000

/** Resolves after `delayMs`, or as soon as `signal` aborts. */
export function abortableDelay(timers: Timers, delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      cancel()
      signal.removeEventListener('abort', end)
      resolve()
    }
    const cancel = timers.after(delayMs, end)
    signal.addEventListener('abort', end)
    if (signal.aborted) end()
  })
}

/** A signal that aborts `graceMs` later than another one; `over` ends the wait. */
export function withGracePeriod(
  signal: AbortSignal,
  timers: Timers,
  graceMs: number,
): { readonly signal: AbortSignal; over(): void } {
  const late = new AbortController()
  let cancel = () => {}
  const wait = () => {
    cancel = timers.after(graceMs, () => late.abort(signal.reason))
  }
  signal.addEventListener('abort', wait, { once: true })
  if (signal.aborted) wait()
  return {
    signal: late.signal,
    over() {
      signal.removeEventListener('abort', wait)
      cancel()
    },
  }
}

/** Stops waiting for `looking` when `signal` aborts: reading from an unreachable network disk may never end. */
export async function raceAbort<T>(looking: Promise<T>, signal: AbortSignal): Promise<T | Aborted> {
  const { promise, resolve } = Promise.withResolvers<Aborted>()
  const stop = () => resolve(aborted)
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) stop()
  try {
    return await Promise.race([looking, promise])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

/** What is answered within `limitMs`, or null; an answer that comes later is still there for whoever holds the promise. */
export async function withTimeout<T>(asked: Promise<T>, timers: Timers, limitMs: number): Promise<T | null> {
  const { promise: late, resolve } = Promise.withResolvers<null>()
  const cancel = timers.after(limitMs, () => resolve(null))
  try {
    return await Promise.race([asked, late])
  } finally {
    cancel()
  }
}
