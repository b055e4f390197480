import type { Failure } from './failures.ts'

/** Steps of a connection check, in this order. */
export type ConnectionStep = 'name' | 'proxy' | 'connect' | 'certificate' | 'api' | 'clock' | 'sign-in'

/** The result of one step. `params` belong to its message, `connection.<step>-<outcome>`. */
export interface StepResult {
  readonly step: ConnectionStep
  /** `skipped`: it could not be checked, or there is nothing to check. */
  readonly outcome: 'good' | 'bad' | 'skipped'
  readonly params: Readonly<Record<string, string | number>>
  /** Why it is bad, or null. */
  readonly failure: Failure | null
}

/** A running or finished connection check with the results so far. */
export interface ConnectionCheck {
  readonly host: string
  readonly results: readonly StepResult[]
  readonly isOver: boolean
}

/** One section of a support report, exactly as it is saved. */
export interface ReportSection {
  readonly name: 'versions' | 'settings' | 'queue' | 'names' | 'connection' | 'log'
  readonly text: string
}
