import type { Failure } from '../contract/failures.ts'
import type { MissingVolume } from '../platform/missing-volume.ts'

/** What a run came to; only the queue acts on it. */
export type Outcome =
  | { readonly kind: 'done' }
  | { readonly kind: 'retry'; readonly failure: Failure; readonly atMs: number }
  /** The server asks everybody to wait: the whole queue is held. */
  | { readonly kind: 'hold'; readonly failure: Failure; readonly untilMs: number }
  /** The file's disk is gone: it waits outside the queue until `until` is there again. */
  | { readonly kind: 'away'; readonly failure: Failure; readonly until: MissingVolume }
  | { readonly kind: 'failed'; readonly failure: Failure }
  /** Its signal was aborted, by a pause, a removal or the end of the app. */
  | { readonly kind: 'stopped' }
