import type { Bridge } from '../../electron/contract/calls.ts'
import type { Failure } from '../../electron/contract/failures.ts'
import type { UploadRow } from '../../electron/contract/uploads.ts'
import { delay } from '../ui/delay.ts'

/** Number of rows per page. */
const pageLength = 100
/** A batch finishes uploads all the time, and each refresh may search the whole history. */
const refreshEveryMs = 1_000

/** Finished uploads, newest first, loaded page by page. */
export class HistoryState {
  rows = $state.raw<readonly UploadRow[]>([])
  search = $state('')
  isLoading = $state(false)
  isKnown = $state(false)
  /** Why the latest rows or the next page could not be loaded, or null. */
  loadFailure = $state.raw<Failure | null>(null)
  /** When the rows were last loaded (ms since the epoch). */
  loadedAtMs = 0
  /** Rows whose removal has to be confirmed. */
  confirmingIds = $state.raw<readonly string[]>([])
  #next = $state.raw<number | null>(null)
  readonly hasMore = $derived(this.#next !== null)
  /** Incremented with each request; responses to older requests are dropped. */
  #requestNumber = 0
  #isStale = false
  /** The search that the rows are the result of. */
  loadedSearch = $state<string | null>(null)
  #isRefreshing = false
  #isOpening = false
  /** The search has changed since the first page was last requested. */
  #mustOpen = false
  readonly #bridge: Pick<Bridge, 'history' | 'forget'>
  readonly #delay: typeof delay

  /** @param wait - Waits for a number of milliseconds. */
  constructor(bridge: Pick<Bridge, 'history' | 'forget'>, wait = delay) {
    this.#bridge = bridge
    this.#delay = wait
  }

  /**
   * Loads the first page of the current search. A search through a million uploads takes more than a second:
   * what is typed meanwhile is searched once, after it.
   */
  async open(): Promise<void> {
    // Drops the response to the request that is running.
    this.#requestNumber += 1
    this.#mustOpen = true
    // The rows that the question is about may not be among those that are found.
    this.confirmingIds = []
    if (this.#isOpening) return
    this.#isOpening = true
    try {
      while (this.#mustOpen) {
        this.#mustOpen = false
        await this.#load(null)
      }
    } finally {
      this.#isOpening = false
    }
  }

  /**
   * Adds newly finished uploads at the top, updates the latest ones and keeps the loaded pages. Runs at most
   * one request at a time, and one per second.
   */
  async refresh(): Promise<void> {
    this.#isStale = true
    if (this.#isRefreshing) return
    this.#isRefreshing = true
    while (this.#isStale && !this.isLoading) {
      this.#isStale = false
      await this.#refreshOnce()
      await this.#delay(refreshEveryMs)
    }
    this.#isRefreshing = false
  }

  /** Repeats what failed, and keeps the loaded pages. */
  readonly retry = async (): Promise<void> => {
    if (this.rows.length > 0) await this.refresh()
    else await this.open()
  }

  async more(): Promise<void> {
    if (this.isLoading || this.#next === null) return
    await this.#load(this.#next)
  }

  async forget(ids: readonly string[]): Promise<Failure | null> {
    const result = await this.#bridge.forget({ ids: [...ids] })
    if (!result.ok) return result.failure
    const removed = new Set(ids)
    this.rows = this.rows.filter(({ id }) => !removed.has(id))
    // A page that is being loaded shows older rows itself.
    if (this.rows.length === 0 && this.hasMore && !this.isLoading) await this.open()
    return null
  }

  #clear(): void {
    this.rows = []
    this.#next = null
    this.loadedSearch = null
  }

  async #refreshOnce(): Promise<void> {
    const requestNumber = this.#requestNumber
    const result = await this.#bridge.history({
      beforeMs: null,
      search: this.search.trim(),
      limit: pageLength,
    })
    if (requestNumber !== this.#requestNumber) {
      // A newer request, perhaps for another page, has replaced this one.
      this.#isStale = true
      return
    }
    this.loadFailure = result.ok ? null : result.failure
    if (!result.ok) return
    this.loadedAtMs = Date.now()
    const { rows, nextBeforeMs } = result.value
    const known = new Set(this.rows.map(({ id }) => id))
    const news = rows.filter(({ id }) => !known.has(id))
    if (news.length < rows.length) {
      const current = new Map(rows.map((row) => [row.id, row]))
      this.rows = [...news, ...this.rows.map((row) => current.get(row.id) ?? row)]
    } else {
      this.rows = rows
      this.#next = nextBeforeMs
    }
  }

  async #load(beforeMs: number | null): Promise<void> {
    this.#requestNumber += 1
    const requestNumber = this.#requestNumber
    this.isLoading = true
    const search = this.search.trim()
    const result = await this.#bridge.history({ beforeMs, search, limit: pageLength })
    if (requestNumber !== this.#requestNumber) return
    this.isLoading = false
    this.isKnown = true
    this.loadFailure = result.ok ? null : result.failure
    if (!result.ok) {
      // The rows of another search are no result of this one.
      if (search !== this.loadedSearch) this.#clear()
      else if (this.#isStale) void this.refresh()
      return
    }
    this.loadedSearch = search
    this.loadedAtMs = Date.now()
    // The rows of now: some may have been removed since the request.
    this.rows = beforeMs === null ? result.value.rows : [...this.rows, ...result.value.rows]
    this.#next = result.value.nextBeforeMs
    if (this.#isStale) void this.refresh()
  }
}
