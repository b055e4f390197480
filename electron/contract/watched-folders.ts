import type { Team } from './account.ts'
import type { IncompleteScan } from './discovery.ts'

/**
 * `gone`: the folder is not there, as with an unplugged disk; `signed-out`: new files wait for a sign-in. The
 * states of `IncompleteScan` mean that the last scan was incomplete, so that new models may be missed.
 */
export type WatchedFolderState = 'looking' | 'watching' | 'paused' | 'gone' | 'signed-out' | IncompleteScan

/**
 * A folder whose new models are uploaded once they stop changing. `where` is for display; no call accepts it.
 */
export interface WatchedFolderView {
  readonly id: string
  readonly where: string
  readonly accountId: string
  readonly team: Team
  readonly state: WatchedFolderState
  /** On a network drive, which reports no changes: it is scanned once a minute. */
  readonly isPolled: boolean
  /** New files that are still changing or wait. */
  readonly settling: number
  /** Of these, files that have stopped changing and wait for other files of their model. */
  readonly incomplete: number
  /** Files that were in the folder when it was added, and were neither uploaded nor declined. */
  readonly offered: { readonly count: number; readonly sizeBytes: number }
}

export interface WatchedFoldersView {
  readonly folders: readonly WatchedFolderView[]
}
