import type { Bridge } from '../../../electron/contract/calls.ts'
import type { UploadDetails } from '../../../electron/contract/upload-details.ts'

/** Live details of the upload whose details pane is open. */
export class DetailsState {
  value = $state.raw<UploadDetails | null>(null)
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
    void this.#bridge.watch({ id }).then((result) => {
      // Details from events received meanwhile are newer.
      if (result.ok && result.value && this.value?.id !== id) this.#receive(result.value)
    })
    return () => {
      this.value = null
      this.#watched = null
      void this.#bridge.watch({ id: null })
    }
  }

  #receive(details: UploadDetails): void {
    if (details.id === this.#watched) this.value = details
  }
}
