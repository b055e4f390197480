import { isConnectivityFailure, type Failure, type Result } from '../contract/failures.ts'
import { abortableDelay } from './delays.ts'
import type { Environment } from './environment.ts'
import { retryDelay } from './retry-delay.ts'

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
