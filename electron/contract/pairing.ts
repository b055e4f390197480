import type { Failure } from './failures.ts'

/** A pairing in the browser, as the page sees it. Its secret half never leaves the engine. */
export interface Pairing {
  /** What the person compares in the browser, such as `AB7K-PNQ3`. */
  readonly userCode: string
  /** The page on which it is confirmed. */
  readonly address: string
  /** When the code runs out, in ms since the epoch by this computer's clock. */
  readonly expiresAtMs: number
  /** `waiting` for the browser; `storing` what it handed out; `over` without a sign-in. */
  readonly state: 'waiting' | 'storing' | 'over'
  /** Why it is over, or what is wrong with the line while it waits; null when all is well. */
  readonly failure: Failure | null
}
