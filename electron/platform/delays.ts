import { aborted, type Aborted } from './aborted.ts'
import type { Environment, Timers } from './environment.ts'

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

/**
 * Stops waiting for a promise when `signal` aborts: reading from an unreachable network disk may never end.
 */
export async function raceAbort<T>(pending: Promise<T>, signal: AbortSignal): Promise<T | Aborted> {
  const { promise, resolve } = Promise.withResolvers<Aborted>()
  const stop = () => resolve(aborted)
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) stop()
  try {
    return await Promise.race([pending, promise])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

/** The result of a promise within `limitMs`, or null. */
export async function withTimeout<T>(
  pending: Promise<T>,
  timers: Timers,
  limitMs: number,
): Promise<T | null> {
  const { promise: late, resolve } = Promise.withResolvers<null>()
  const cancel = timers.after(limitMs, () => resolve(null))
  try {
    return await Promise.race([pending, late])
  } finally {
    cancel()
  }
}

/** Whether a time is within the last `withinMs`. One in the future is from before the clock was set back. */
export function isRecent(atMs: number, withinMs: number, { now }: Environment): boolean {
  const agoMs = now() - atMs
  return agoMs >= 0 && agoMs < withinMs
}
