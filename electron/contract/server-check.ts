import type { Failure } from './errors.ts'

/** What came of asking an address whether it is a server of this API. */
export interface ServerCheck {
  /** Why it can't be used, or null. */
  readonly failure: Failure | null
  /** How far this computer's clock is ahead of the server's, in ms; below zero when it is behind. */
  readonly clockAheadMs: number
}
