import type { Bridge } from '../../../electron/contract/calls.ts'
import type { MissingCompanion } from '../../../electron/contract/companions.ts'

interface MissingOfRow {
  readonly id: string
  readonly missing: readonly MissingCompanion[]
  /** This computer is being searched for them. */
  readonly isSearching: boolean
}

/** What the file of the open row needs and its team lacks. */
export class CompanionsState {
  value = $state.raw<MissingOfRow | null>(null)
  readonly #bridge: Bridge
  /** The latest opening; answers to earlier ones are outdated. */
  #opening = 0

  constructor(bridge: Bridge) {
    this.#bridge = bridge
  }

  /** Loads what a row lacks, and then the files of this computer that can be offered. Returns a function that ends it. */
  open(id: string): () => void {
    this.#opening += 1
    void this.#load(id, this.#opening)
    return () => {
      this.#opening += 1
    }
  }

  async #load(id: string, opening: number): Promise<void> {
    for (const isSearched of [false, true]) {
      const result = await this.#bridge.companions({ id, isSearched })
      if (this.#opening !== opening || !result.ok) return
      this.value = { id, missing: result.value, isSearching: !isSearched && result.value.length > 0 }
      if (result.value.length === 0) return
    }
  }
}
