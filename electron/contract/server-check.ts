import type { Failure } from './failures.ts'

/** What came of asking an address whether it is a server of this API. */
export interface ServerCheck {
  /** The address that was found to be good, else the one that was asked: the API's path may have been found under it. */
  readonly address: string
  /** Why it can't be used, or null. */
  readonly failure: Failure | null
  /** Somebody answers there, whoever it is. */
  readonly isReached: boolean
  /** Who answers speaks this API. */
  readonly isApi: boolean
  /** Of who answers: `none` where there is none (http on this computer) or nobody has shown one. */
  readonly certificate: 'trusted' | 'untrusted' | 'none'
  /** How far this computer's clock is ahead of the server's, in ms; below zero when it is behind, 0 when nobody told. */
  readonly clockAheadMs: number
  /** The proxy it was asked through, as `http://host:port`, or null. */
  readonly proxy: string | null
}

/** From here on a clock that is off is told of, in ms: storage refuses signed requests from 15 minutes on. */
export const clockIsOffMs = 5 * 60_000
