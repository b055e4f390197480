import type { Team } from './account.ts'
import type { CutShort } from './discovery.ts'

/**
 * `gone`: the folder can't be seen, as with an unplugged disk; `signed-out`: new files wait for the team's sign-in. Cut short,
 * the last look did not see everything, and new models may be missed.
 */
export type WatchedState = 'looking' | 'watching' | 'paused' | 'gone' | 'signed-out' | CutShort

/** A folder whose new models are queued once they have stopped changing. `where` is for the person to read; no call takes it. */
export interface WatchedFolder {
  readonly id: string
  readonly where: string
  readonly accountId: string
  readonly team: Team
  readonly state: WatchedState
  /** It lies on a network drive, which tells nothing by itself: it is looked at once a minute. */
  readonly isPolled: boolean
  /** New files that are still being written, or wait. */
  readonly settling: number
  /** Those of them that have stopped changing and wait for the rest of their model. */
  readonly incomplete: number
  /** What lay there when the folder was added, and has neither been sent nor declined. */
  readonly offered: { readonly count: number; readonly sizeBytes: number }
}

export interface WatchingView {
  readonly folders: readonly WatchedFolder[]
}
