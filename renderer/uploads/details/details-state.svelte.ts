import type { Bridge } from '../../../electron/contract/calls.ts'
import type { Failure } from '../../../electron/contract/failures.ts'
import type { UploadDetails } from '../../../electron/contract/upload-details.ts'

/** Live details of the upload whose details pane is open. */
export class DetailsState {
  value = $state.raw<UploadDetails | null>(null)
  /** Why the details of the open upload could not be loaded, or null. */
  failure = $state.raw<Failure | null>(null)
  #watched: string | null = null
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

  #receive(details: UploadDetails): void {
    if (details.id === this.#watched) this.value = details
  }
}
