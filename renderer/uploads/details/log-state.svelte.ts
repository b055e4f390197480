import type { Bridge } from '../../../electron/contract/calls.ts'
import type { Failure } from '../../../electron/contract/failures.ts'
import type { LogDocument } from '../../../electron/contract/upload-log.ts'

/** The log of the row with open details. */
export class LogState {
  value = $state.raw<LogDocument | null>(null)
  /** Why the latest log of the row could not be loaded, or null. */
  failure = $state.raw<Failure | null>(null)
  readonly #bridge: Bridge
  #requestNumber = 0
  #id: string | null = null

  constructor(bridge: Bridge) {
    this.#bridge = bridge
  }

  /** Loads the log of a row; the present one of the same row stays until then, or if it can't be loaded. */
  async load(id: string): Promise<void> {
    this.#requestNumber += 1
    const requestNumber = this.#requestNumber
    if (this.#id !== id) {
      this.#id = id
      this.value = null
      this.failure = null
    }
    const result = await this.#bridge.uploadLog({ id })
    if (requestNumber !== this.#requestNumber) return
    this.failure = result.ok ? null : result.failure
    if (result.ok) this.value = result.value
  }
}
