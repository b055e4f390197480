import type { Bridge } from '../../../electron/contract/calls.ts'
import type { Failure } from '../../../electron/contract/failures.ts'
import type { UploadDetails } from '../../../electron/contract/upload-details.ts'
import type { LogDocument } from '../../../electron/contract/upload-log.ts'

/** Live details and the log of the upload whose details pane is open. */
export class DetailsState {
  value = $state.raw<UploadDetails | null>(null)
  /** Why the details of the open upload could not be loaded, or null. */
  failure = $state.raw<Failure | null>(null)
  log = $state.raw<LogDocument | null>(null)
  /** Why the latest log could not be loaded, or null. */
  logFailure = $state.raw<Failure | null>(null)
  #watched: string | null = null
  #logId: string | null = null
  #logRequestNumber = 0
  readonly #bridge: Bridge

  constructor(bridge: Bridge) {
    this.#bridge = bridge
  }

  /** Subscribes. Returns a function that unsubscribes. */
  start(): () => void {
    return this.#bridge.on('details', (details) => this.#receive(details))
  }

  /** Watches an upload. Returns a function that stops. */
  watch(id: string): () => void {
    this.#watched = id
    void this.load(id)
    return () => {
      this.value = null
      this.failure = null
      this.#watched = null
      void this.#bridge.watch({ id: null })
    }
  }

  async load(id: string): Promise<void> {
    const result = await this.#bridge.watch({ id })
    if (this.#watched !== id) return
    this.failure = result.ok ? null : result.failure
    // Details from events received meanwhile are newer.
    if (result.ok && result.value && this.value?.id !== id) this.#receive(result.value)
  }

  /** Loads the log of a row; the present one of the same row stays until then, or if it can't be loaded. */
  async loadLog(id: string): Promise<void> {
    this.#logRequestNumber += 1
    const requestNumber = this.#logRequestNumber
    if (this.#logId !== id) {
      this.#logId = id
      this.log = this.logFailure = null
    }
    const result = await this.#bridge.uploadLog({ id })
    if (requestNumber !== this.#logRequestNumber) return
    this.logFailure = result.ok ? null : result.failure
    if (result.ok) this.log = result.value
  }

  #receive(details: UploadDetails): void {
    if (details.id === this.#watched) this.value = details
  }
}
