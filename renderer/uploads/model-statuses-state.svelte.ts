import { SvelteMap } from 'svelte/reactivity'
import type { Bridge } from '../../electron/contract/calls.ts'
import type { ModelStatus } from '../../electron/contract/uploads.ts'

/** How much of the listed multi-file models the library has, by the id of one of their uploads. */
export class ModelStatusesState {
  /** Incremented when a team's library has changed. */
  libraryVersion = $state(0)
  readonly #statuses = new SvelteMap<string, ModelStatus>()
  readonly #loading = new Set<string>()
  /** Uploads whose model has changed since the running request. */
  readonly #outdated = new Set<string>()
  readonly #bridge: Bridge

  constructor(bridge: Bridge) {
    this.#bridge = bridge
  }

  start(): () => void {
    return this.#bridge.on('library', () => (this.libraryVersion += 1))
  }

  /** The status as loaded last. */
  get(id: string): ModelStatus | undefined {
    return this.#statuses.get(id)
  }

  /** Loads the status; one request at a time for each model. */
  async load(id: string): Promise<void> {
    if (this.#loading.has(id)) {
      this.#outdated.add(id)
      return
    }
    this.#loading.add(id)
    const result = await this.#bridge.modelStatus({ id })
    this.#loading.delete(id)
    // After a failure the status as loaded last stays.
    if (result.ok && result.value) this.#statuses.set(id, result.value)
    else if (result.ok) this.#statuses.delete(id)
    if (this.#outdated.delete(id)) await this.load(id)
  }
}
