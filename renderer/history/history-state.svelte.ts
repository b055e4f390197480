import type { Bridge } from '../../electron/contract/calls.ts'
import type { Failure } from '../../electron/contract/failures.ts'
import type { UploadRow } from '../../electron/contract/uploads.ts'

/** Rows asked for at a time. */
const pageLength = 100

/** What was registered before, newest first, page by page. */
export class HistoryState {
  rows = $state.raw<readonly UploadRow[]>([])
  search = $state('')
  isLoading = $state(false)
  isKnown = $state(false)
  loadFailure = $state.raw<Failure | null>(null)
  /** Rows that are about to go from the history, once the person says so. */
  confirmingIds = $state.raw<readonly string[]>([])
  #next = $state.raw<number | null>(null)
  readonly hasMore = $derived(this.#next !== null)
  /** Counts the questions: an answer to an older one is dropped. */
  #requestNumber = 0
  #isStale = false
  #isRefreshing = false
  readonly #bridge: Bridge

  constructor(bridge: Bridge) {
    this.#bridge = bridge
  }

  /** Begins anew, with the search as it stands. */
  async open(): Promise<void> {
    await this.#load(null, [])
  }

  /** Something was finished: what is new comes to the top, and what was loaded stays. Never more than one requestNumber at a time. */
  async refresh(): Promise<void> {
    this.#isStale = true
    if (this.#isRefreshing) return
    this.#isRefreshing = true
    while (this.#isStale && !this.isLoading) {
      this.#isStale = false
      await this.#refreshOnce()
    }
    this.#isRefreshing = false
  }

  async more(): Promise<void> {
    if (this.isLoading || this.#next === null) return
    await this.#load(this.#next, this.rows)
  }

  async forget(ids: readonly string[]): Promise<Failure | null> {
    const answer = await this.#bridge.forget({ ids: [...ids] })
    if (!answer.ok) return answer.failure
    const gone = new Set(ids)
    this.rows = this.rows.filter(({ id }) => !gone.has(id))
    return null
  }

  async #refreshOnce(): Promise<void> {
    const requestNumber = this.#requestNumber
    const answer = await this.#bridge.history({
      ...{ beforeMs: null, search: this.search.trim(), limit: pageLength },
    })
    // Whoever has asked since has the newer answer.
    if (!answer.ok || requestNumber !== this.#requestNumber) return
    const { rows, nextBeforeMs } = answer.value
    const known = new Set(this.rows.map(({ id }) => id))
    const news = rows.filter(({ id }) => !known.has(id))
    if (news.length < rows.length) this.rows = [...news, ...this.rows]
    else {
      this.rows = rows
      this.#next = nextBeforeMs
    }
  }

  async #load(beforeMs: number | null, before: readonly UploadRow[]): Promise<void> {
    this.#requestNumber += 1
    const requestNumber = this.#requestNumber
    this.isLoading = true
    const answer = await this.#bridge.history({ beforeMs, search: this.search.trim(), limit: pageLength })
    if (requestNumber !== this.#requestNumber) return
    this.isLoading = false
    this.isKnown = true
    this.loadFailure = answer.ok ? null : answer.failure
    if (!answer.ok) return
    this.rows = [...before, ...answer.value.rows]
    this.#next = answer.value.nextBeforeMs
    if (this.#isStale) void this.refresh()
  }
}
