import { mustWait, type Result } from '../contract/failures.ts'
import type { Environment } from '../platform/environment.ts'
import type { StorageAddress } from '../platform/network/storage-address.ts'
import { urlLifetimeMs } from './presigned-url.ts'

/**
 * A URL with less remaining lifetime is replaced, since the request still has to start. At most half of a
 * short lifetime.
 */
const minRemainingMs = 10_000
/** Interval of progress reports; a URL is requested that much earlier. */
const progressIntervalMs = 100

export interface PartUrls {
  /** The URL of a part, prefetched or requested now; `null` when aborted. */
  get(number: number): Promise<Result<StorageAddress> | null>
  /** A part of `sizeBytes` is being sent: the next URL is prefetched in time for its end. */
  partStarted(sizeBytes: number): PartObserver
}

/** Receives the progress of the part that was started. */
export interface PartObserver {
  progressed(flushedBytes: number): void
  finished(): void
}

interface Prefetched {
  readonly requestedAtMs: number
  readonly response: Promise<Result<StorageAddress> | null>
}

/**
 * Presigns just ahead. The URL of the next part is requested when a part is about to end, early enough by
 * recent response times: the next part need not wait for it, and it does not expire during a part that takes
 * minutes.
 */
export function createPartUrls(options: {
  /** Numbers of the parts to be sent, ascending. */
  readonly missing: readonly number[]
  readonly presign: (partNumber: number, signal: AbortSignal) => Promise<Result<StorageAddress>>
  readonly environment: Environment
  readonly signal: AbortSignal
}): PartUrls {
  const { missing, presign, environment, signal } = options
  const prefetchedUrls = new Map<number, Prefetched>()
  let nextIndex = 0
  /** The slowest recent response; older ones lose weight. */
  let presignMs = 0
  /** Duration of the last part; 0 until one has ended. */
  let lastPartMs = 0

  async function request(number: number): Promise<Result<StorageAddress> | null> {
    const requestedAtMs = environment.now()
    try {
      const response = await presign(number, signal)
      presignMs = Math.max(environment.now() - requestedAtMs, presignMs * 0.9)
      return response
    } catch (error) {
      if (signal.aborted) return null
      throw error
    }
  }

  function prefetchNext(): void {
    const number = missing[nextIndex]
    if (number === undefined) return
    nextIndex += 1
    const response = request(number)
    // The caller of `get` handles a rejection; without one it must not be unhandled.
    response.catch(() => {})
    prefetchedUrls.set(number, { requestedAtMs: environment.now(), response })
  }

  const leadMs = () => 2 * presignMs + 2 * progressIntervalMs

  function isFresh(url: Result<StorageAddress> | null, requestedAtMs: number): boolean {
    if (!url?.ok) return false
    const lifetimeMs = urlLifetimeMs(url.value.url)
    if (lifetimeMs === null) return true
    return environment.now() - requestedAtMs < lifetimeMs - Math.min(minRemainingMs, lifetimeMs / 2)
  }

  return {
    async get(number) {
      while ((missing[nextIndex] ?? Infinity) <= number) nextIndex += 1
      const prefetched = prefetchedUrls.get(number)
      prefetchedUrls.delete(number)
      const url = prefetched ? await prefetched.response : null
      if (signal.aborted) return null
      const isUsed =
        prefetched && (isFresh(url, prefetched.requestedAtMs) || (url?.ok === false && mustWait(url.failure)))
      return isUsed ? url : request(number)
    },
    partStarted(sizeBytes) {
      const startedAtMs = environment.now()
      let hasPrefetched = lastPartMs <= leadMs()
      if (hasPrefetched) prefetchNext()
      return {
        progressed(flushedBytes) {
          if (hasPrefetched || flushedBytes === 0) return
          const elapsedMs = environment.now() - startedAtMs
          const remainingMs = (elapsedMs * (sizeBytes - flushedBytes)) / flushedBytes
          hasPrefetched = remainingMs <= leadMs()
          if (hasPrefetched) prefetchNext()
        },
        finished() {
          lastPartMs = environment.now() - startedAtMs
        },
      }
    },
  }
}
