import type { Result } from '../contract/failures.ts'
import type { Environment } from '../platform/environment.ts'
import { urlLifetimeMs } from './presigned-url.ts'

export interface PartUrl {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
}

/** A URL with less life than this left is asked for anew: the request still has to be made. Half a short life is enough. */
const leastLifeMs = 10_000
/** Progress is told this often; a URL is asked for that much sooner. */
const tickMs = 100

export interface PartUrls {
  /** The URL of a part, prepared or asked for now; `null` when aborted. */
  take(number: number): Promise<Result<PartUrl> | null>
  /** A part of `sizeBytes` goes out from now on: the next URL is asked for so that it is there when this one ends. */
  follow(sizeBytes: number): Follower
}

export interface Follower {
  moved(flushedBytes: number): void
  ended(): void
}

interface Prepared {
  readonly askedAtMs: number
  readonly answer: Promise<Result<PartUrl> | null>
}

/**
 * Presigns just ahead. A URL for the next part is asked for when a part is about to end, by as much as asking has taken
 * lately: its stream need not wait for it, and it does not grow old behind a part that takes minutes.
 */
export function createPartUrls(options: {
  /** Numbers of the parts to be sent, ascending. */
  readonly missing: readonly number[]
  readonly presign: (partNumber: number, signal: AbortSignal) => Promise<Result<PartUrl>>
  readonly environment: Environment
  readonly signal: AbortSignal
}): PartUrls {
  const { missing, presign, environment, signal } = options
  const prepared = new Map<number, Prepared>()
  let next = 0
  /** The slowest answer of late; older ones count less and less. */
  let askMs = 0
  /** How long the last part took: 0 while none has ended, since nobody knows better. */
  let partMs = 0

  async function ask(number: number): Promise<Result<PartUrl> | null> {
    const askedAtMs = environment.now()
    try {
      const answer = await presign(number, signal)
      askMs = Math.max(environment.now() - askedAtMs, askMs * 0.9)
      return answer
    } catch (error) {
      if (signal.aborted) return null
      throw error
    }
  }

  function prepareNext(): void {
    const number = missing[next]
    if (number === undefined) return
    next += 1
    const answer = ask(number)
    // Whoever takes it hears of it; nobody may.
    answer.catch(() => {})
    prepared.set(number, { askedAtMs: environment.now(), answer })
  }

  const leadMs = () => 2 * askMs + 2 * tickMs

  function isFresh(url: Result<PartUrl> | null, askedAtMs: number): boolean {
    if (!url?.ok) return false
    const lifeMs = urlLifetimeMs(url.value.url)
    return lifeMs === null || environment.now() - askedAtMs < lifeMs - Math.min(leastLifeMs, lifeMs / 2)
  }

  return {
    async take(number) {
      while ((missing[next] ?? Infinity) <= number) next += 1
      const early = prepared.get(number)
      prepared.delete(number)
      const url = early ? await early.answer : null
      if (signal.aborted) return null
      return early && isFresh(url, early.askedAtMs) ? url : ask(number)
    },
    follow(sizeBytes) {
      const beganMs = environment.now()
      let arranged = partMs <= leadMs()
      if (arranged) prepareNext()
      return {
        moved(flushedBytes) {
          if (arranged || flushedBytes === 0) return
          const leftMs = ((environment.now() - beganMs) * (sizeBytes - flushedBytes)) / flushedBytes
          arranged = leftMs <= leadMs()
          if (arranged) prepareNext()
        },
        ended() {
          partMs = environment.now() - beganMs
        },
      }
    },
  }
}
