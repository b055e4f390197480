import type { Bridge } from '../../electron/contract/calls.ts'
import type { MissingCompanion } from '../../electron/contract/companions.ts'
import { delay } from '../ui/delay.ts'

interface MissingOfRow {
  readonly id: string
  readonly missing: readonly MissingCompanion[]
  /** This computer is being searched for them. */
  readonly isSearching: boolean
}

/**
 * A batch changes the list and the library all the time. A row takes about 3 µs to compare, which is at most 1 % of
 * the time.
 */
const reloadAfterMs = (rowCount: number) => Math.max(1_000, rowCount * 0.5)

/** What uploads need and their teams lack. */
export class CompanionsState {
  /** Of the uploads in the list, by their ids. */
  byId = $state.raw<ReadonlyMap<string, readonly MissingCompanion[]>>(new Map())
  /** Of the open row, with the files of this computer that can be added. */
  value = $state.raw<MissingOfRow | null>(null)
  readonly #bridge: Bridge
  readonly #delay: typeof delay
  /** The row whose details are open, and whether it is to be loaded. */
  #openId: string | null = null
  #isOpenOutdated = false
  /** The row that is loaded again after changes, and the number of that loop; older loops end. */
  #loadingId: string | null = null
  #loop = 0
  /** Responses to earlier loads are outdated. */
  #latestLoad = 0
  #isListLoading = false
  #isListOutdated = false
  #reloadAfterMs = reloadAfterMs(0)

  /** @param wait - Waits for a number of milliseconds. */
  constructor(bridge: Bridge, wait = delay) {
    this.#bridge = bridge
    this.#delay = wait
  }

  /**
   * Loads what a row lacks, and then the files of this computer that can be offered. Called again for the same
   * row, it loads at most once per second. Returns a function that ends it.
   */
  open(id: string): () => void {
    this.#openId = id
    this.#isOpenOutdated = true
    if (this.#loadingId !== id || this.value?.id !== id) void this.#loadWhileOpen(id)
    return () => {
      this.#openId = null
    }
  }

  /** Loads what uploads of the list lack; one request at a time, and at most one per second. */
  async loadList(rowCount: number): Promise<void> {
    this.#isListOutdated = true
    this.#reloadAfterMs = reloadAfterMs(rowCount)
    if (this.#isListLoading) return
    this.#isListLoading = true
    while (this.#isListOutdated) {
      this.#isListOutdated = false
      const result = await this.#bridge.missingCompanions()
      if (result.ok) {
        const byKey = new Map(result.value.companions.map((companion) => [companion.key, companion]))
        this.byId = new Map(
          result.value.files.map(({ id, missing }) => [id, missing.flatMap((key) => byKey.get(key) ?? [])]),
        )
      }
      await this.#delay(this.#reloadAfterMs)
    }
    this.#isListLoading = false
  }

  async #loadWhileOpen(id: string): Promise<void> {
    this.#loop += 1
    this.#loadingId = id
    const loop = this.#loop
    while (this.#loop === loop && this.#openId === id && this.#isOpenOutdated) {
      this.#isOpenOutdated = false
      // Not awaited: it may search the disks for a long time, while uploads bring what was missing.
      void this.#load(id)
      await this.#delay(this.#reloadAfterMs)
    }
    if (this.#loop === loop) this.#loadingId = null
  }

  async #load(id: string): Promise<void> {
    this.#latestLoad += 1
    const load = this.#latestLoad
    for (const isSearched of [false, true]) {
      const result = await this.#bridge.companions({ id, isSearched })
      if (this.#openId !== id || this.#latestLoad !== load || !result.ok) return
      this.value = { id, missing: result.value, isSearching: !isSearched && result.value.length > 0 }
      if (result.value.length === 0) return
    }
  }
}
