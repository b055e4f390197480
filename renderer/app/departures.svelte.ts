import type { Failure } from '../../electron/contract/failures.ts'

/**
 * Sign-outs. After each, the page starts again with new state, so that no view, notice or dialog has anything
 * of the account.
 */
export class Departures {
  count = $state(0)
  #showFailure: (failure: Failure) => void = () => {}

  /** An account is gone. */
  departed(): void {
    this.count += 1
  }

  /** Sets how the page shows a failure; the latest one is used. */
  attach(showFailure: (failure: Failure) => void): void {
    this.#showFailure = showFailure
  }

  /** Shows a failure of a sign-out, whose answer may arrive after the page has started again. */
  failed(failure: Failure): void {
    this.#showFailure(failure)
  }
}
