import type { Failure } from './failures.ts'

/** What a look at the connection goes through, in this order. */
export const connectionSteps = ['name', 'proxy', 'connect', 'certificate', 'api', 'clock', 'sign-in'] as const
export type ConnectionStep = (typeof connectionSteps)[number]

/** What came of one step. `params` fill its sentence, `connection.<step>-<outcome>`. */
export interface StepResult {
  readonly step: ConnectionStep
  /** `skipped`: it could not be tried, or there is nothing to try. */
  readonly outcome: 'good' | 'bad' | 'skipped'
  readonly params: Readonly<Record<string, string | number>>
  /** Why it is bad, with the sentence that says what to do. */
  readonly failure: Failure | null
}

/** A look at the connection: the steps that are done so far, and whether it is over. */
export interface ConnectionCheck {
  readonly host: string
  readonly results: readonly StepResult[]
  readonly isOver: boolean
}

/** A piece of what may be given to somebody who helps, as it would be written. */
export interface BundlePiece {
  readonly name: 'versions' | 'settings' | 'queue' | 'names' | 'connection' | 'log'
  readonly text: string
}
