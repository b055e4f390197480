import type { Bridge } from '../../../electron/contract/calls.ts'
import type { LogDocument } from '../../../electron/contract/upload-log.ts'

/** The log of the row with open details. */
export class LogState {
  value = $state.raw<LogDocument | null>(null)
  readonly #bridge: Bridge
  #requestNumber = 0

  constructor(bridge: Bridge) {
    this.#bridge = bridge
  }

  /** Loads the log of a row; the present one of the same row stays until then. */
  async load(id: string): Promise<void> {
    this.#requestNumber += 1
    const requestNumber = this.#requestNumber
    if (this.value?.id !== id) this.value = null
    const result = await this.#bridge.uploadLog({ id })
    if (requestNumber === this.#requestNumber) this.value = result.ok ? result.value : null
  }
}
