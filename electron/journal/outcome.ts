import type { Failure } from '../contract/failures.ts'
import type { MissingVolume } from '../platform/files/find-missing-volume.ts'

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
