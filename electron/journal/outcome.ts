import type { Failure } from '../contract/failures.ts'
import type { Environment } from '../platform/environment.ts'
import type { MissingVolume } from '../platform/files/find-missing-volume.ts'
import { retryDelay } from '../platform/retry.ts'

/** How a run of an upload ended. Only the queue acts on it. */
export type Outcome =
  | { readonly kind: 'done' }
  | { readonly kind: 'retry'; readonly failure: Failure; readonly atMs: number }
  /** A rate limit applies to every upload to the server: all of them are held. */
  | { readonly kind: 'hold'; readonly failure: Failure; readonly untilMs: number }
  /** The file's disk is not connected: the upload waits outside the queue until `volume` is back. */
  | { readonly kind: 'missing-volume'; readonly failure: Failure; readonly volume: MissingVolume }
  | { readonly kind: 'failed'; readonly failure: Failure }
  /** By a pause, a removal or the end of the app; `failure` is what the run met before it ended. */
  | { readonly kind: 'aborted'; readonly failure?: Failure | undefined }

/** How a run ends that met a failure: temporary ones are retried. `attempt` counts as for `retryDelay`. */
export function outcomeOf(failure: Failure, attempt: number, { now, random }: Environment): Outcome {
  const delayMs = retryDelay(attempt, failure, random())
  if (delayMs === null) return { kind: 'failed', failure }
  const atMs = now() + delayMs
  return failure.code === 'rate-limited'
    ? { kind: 'hold', failure, untilMs: atMs }
    : { kind: 'retry', failure, atMs }
}
