import { isConnectivityFailure, retryClassOf, type Failure, type Result } from '../contract/failures.ts'
import { abortableDelay } from './delays.ts'
import type { Environment } from './environment.ts'

/**
 * Full jitter: a random share of a doubling bound, so that many clients do not retry together ("Exponential
 * Backoff And Jitter", AWS Architecture Blog).
 */
const firstBoundMs = 1_000
const lastBoundMs = 60_000
/** Never sooner than this, so that a failing server is not flooded. */
const minDelayMs = 250

/** Retried without limit: they end when the connection is back, however long that takes. */
const retriedForever: ReadonlySet<Failure['code']> = new Set([
  'offline',
  'name-not-found',
  'server-unreachable',
  'connection-lost',
  'timed-out',
  'not-the-api',
  'rate-limited',
  'storage-busy',
  'proxy-unreachable',
  // Ends when there is disk space again.
  'journal-full',
])
/** After this many server errors in a row the user has to decide. */
const maxServerErrors = 10
/** A broken disk does not recover by retrying; a loose cable does. */
const maxReadErrors = 4

/**
 * Delay before attempt `attempt` + 1, in ms, or null when a retry cannot help. `attempt` counts from 1 since
 * storage last acknowledged bytes; `random` is in [0, 1). A server's Retry-After is respected in full, plus
 * jitter.
 */
export function retryDelay(attempt: number, failure: Failure, random: number): number | null {
  const retry = retryClassOf(failure)
  if (retry === 'never' || retry === 'after-sign-in') return null
  const maxAttempts = failure.code === 'file-read-trouble' ? maxReadErrors : maxServerErrors
  if (!retriedForever.has(failure.code) && attempt >= maxAttempts) return null
  if (retry === 'now' && attempt === 1) return 0
  return addJitter(failure.retryAfterMs ?? 0, random, firstBoundMs * 2 ** (attempt - 1))
}

/**
 * A delay plus jitter of up to half of it or a minute, since the server may have sent the same Retry-After to all
 * clients. `random` is in [0, 1). For a short delay the jitter is up to `minBoundMs`.
 */
export function addJitter(delayMs: number, random: number, minBoundMs = firstBoundMs): number {
  const boundMs = Math.min(lastBoundMs, Math.max(delayMs / 2, minBoundMs))
  return Math.round(delayMs + Math.max(minDelayMs, random * boundMs))
}

/**
 * Delay before a "not found" is verified by a second request, before sent data is given up: a gateway that is
 * being reconfigured may answer 404 for a moment.
 */
export const recheckDelayMs = 5_000

export interface RetryOptions {
  readonly signal?: AbortSignal
  /** No repetition starts later than this after the first call, in ms; without it only `retryDelay` decides. */
  readonly withinMs?: number
  /** The longest delay while the server can't be reached, in ms; by default that of `retryDelay`. */
  readonly maxOfflineDelayMs?: number
  /** Whether a temporary failure is worth a repetition; by default each is. */
  readonly mayRetry?: (reason: Failure) => boolean
  /** Called before each delay, with the time of the next call in ms since the epoch. */
  readonly onRetry?: (reason: Failure, atMs: number) => void
}

/**
 * Repeats a call outside of an upload's run while it fails temporarily, by the policy for uploads
 * (`retryDelay`). Returns the last result. Only for calls that may be repeated without checking whether the
 * last one was performed.
 */
export async function retryCall<T>(
  call: () => Promise<Result<T>>,
  { now, random, timers }: Environment,
  {
    signal = new AbortController().signal,
    withinMs = Infinity,
    maxOfflineDelayMs = Infinity,
    mayRetry = () => true,
    onRetry,
  }: RetryOptions,
): Promise<Result<T>> {
  const lastAtMs = now() + withinMs
  for (let attempt = 1; ; attempt += 1) {
    const result = await call()
    if (result.ok || signal.aborted || !mayRetry(result.failure)) return result
    const delayMs = retryDelay(attempt, result.failure, random())
    if (delayMs === null) return result
    const atMs =
      now() + (isConnectivityFailure(result.failure) ? Math.min(delayMs, maxOfflineDelayMs) : delayMs)
    if (atMs > lastAtMs) return result
    onRetry?.(result.failure, atMs)
    await abortableDelay(timers, atMs - now(), signal)
    if (signal.aborted) return result
  }
}
