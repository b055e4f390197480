import type { Bridge, CallArgs } from '../../electron/contract/calls.ts'
import type { Failure } from '../../electron/contract/failures.ts'
import type { HistoryFilters, UploadRow } from '../../electron/contract/uploads.ts'
import { delay } from '../ui/delay.ts'
import { compareNames } from '../ui/format.ts'
import type { Line } from '../ui/list/windowing.ts'
import { rowHeights } from '../uploads/upload-lines.ts'

/** Number of rows per page. */
const pageLength = 100
/** A batch finishes uploads all the time, and each refresh may search the whole history. */
const refreshEveryMs = 1_000

export const historyPeriods = ['any', 'today', 'week', 'month', 'year'] as const
export type HistoryPeriod = (typeof historyPeriods)[number]

interface Filter {
  /** Empty for all teams or types. */
  readonly teamId: string
  readonly modelType: string
  readonly period: HistoryPeriod
}
const noFilter: Filter = { teamId: '', modelType: '', period: 'any' }

/** The start of a period that ends today (ms since the epoch), in local time. */
function startOf(period: Exclude<HistoryPeriod, 'any'>): number {
  const now = new Date()
  if (period === 'year') return new Date(now.getFullYear(), 0).getTime()
  const earlierDays = { today: 0, week: 6, month: 29 }[period]
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() - earlierDays).getTime()
}

export type HistoryLine = Line &
  (
    | { readonly kind: 'day'; readonly atMs: number }
    | { readonly kind: 'row'; readonly row: UploadRow }
    | { readonly kind: 'more' }
  )

/**
 * Rows grouped by the day on which they finished, newest first, with a "more" line at the end if there are
 * older ones.
 */
export function historyLines(rows: readonly UploadRow[], isDense: boolean, hasMore: boolean): HistoryLine[] {
  const lines: HistoryLine[] = []
  let day = ''
  for (const row of rows) {
    const atMs = row.finishedAtMs ?? row.addedAtMs
    const itsDay = new Date(atMs).toDateString()
    if (itsDay !== day) lines.push({ kind: 'day', key: `day ${itsDay}`, height: rowHeights.group, atMs })
    day = itsDay
    lines.push({ kind: 'row', key: row.id, height: isDense ? rowHeights.dense : rowHeights.airy, row })
  }
  if (hasMore) lines.push({ kind: 'more', key: 'more', height: rowHeights.airy })
  return lines
}

/** Finished uploads, newest first, loaded page by page. */
export class HistoryState {
  rows = $state.raw<readonly UploadRow[]>([])
  search = $state('')
  filter = $state.raw(noFilter)
  /** The teams and types that can be filtered by. */
  choices = $state.raw<HistoryFilters>({ teams: [], modelTypes: [] })
  readonly isFiltered = $derived(
    this.search.trim() !== '' || Object.values(this.filter).some((value) => value !== '' && value !== 'any'),
  )
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
  /** The search and filter that the rows are the result of. */
  loadedQuery = $state<string | null>(null)
  #isRefreshing = false
  #isOpening = false
  /** Search or filter have changed since the first page was last requested. */
  #mustOpen = false
  readonly #bridge: Pick<Bridge, 'history' | 'historyFilters' | 'forget'>
  readonly #delay: typeof delay

  /** @param wait - Waits for a number of milliseconds. */
  constructor(bridge: Pick<Bridge, 'history' | 'historyFilters' | 'forget'>, wait = delay) {
    this.#bridge = bridge
    this.#delay = wait
  }

  /** Loads the first page, and then what it can be filtered by. */
  async show(): Promise<void> {
    await this.open()
    const result = await this.#bridge.historyFilters()
    if (!result.ok) return
    const { teams, modelTypes } = result.value
    this.choices = {
      teams: teams.toSorted((a, b) => compareNames(a.name, b.name)),
      // A file that the library had may be without a type.
      modelTypes: modelTypes.filter((type) => type !== '').toSorted(compareNames),
    }
  }

  filterBy(change: Partial<Filter>): void {
    this.filter = { ...this.filter, ...change }
    void this.open()
  }

  readonly showAll = (): void => {
    this.search = ''
    this.filterBy(noFilter)
  }

  /**
   * Loads the first page of the current search and filter. A search through a million uploads takes more than a second:
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

  async forget(ids: readonly string[]): Promise<void> {
    if (!(await this.#bridge.forget({ ids })).ok) return
    const removed = new Set(ids)
    this.rows = this.rows.filter(({ id }) => !removed.has(id))
    // A page that is being loaded shows older rows itself.
    if (this.rows.length === 0 && this.hasMore && !this.isLoading) await this.open()
  }

  #query(): Omit<CallArgs<'history'>, 'beforeMs'> {
    const { teamId, modelType, period } = this.filter
    return {
      search: this.search.trim(),
      limit: pageLength,
      ...(teamId === '' ? {} : { teamId }),
      ...(modelType === '' ? {} : { modelType }),
      ...(period === 'any' ? {} : { sinceMs: startOf(period) }),
    }
  }

  #clear(): void {
    this.rows = []
    this.#next = null
    this.loadedQuery = null
  }

  async #refreshOnce(): Promise<void> {
    const requestNumber = this.#requestNumber
    const result = await this.#bridge.history({ beforeMs: null, ...this.#query() })
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
    const query = this.#query()
    const queryText = JSON.stringify(query)
    const result = await this.#bridge.history({ beforeMs, ...query })
    if (requestNumber !== this.#requestNumber) return
    this.isLoading = false
    this.isKnown = true
    this.loadFailure = result.ok ? null : result.failure
    if (!result.ok) {
      // The rows of another search are no result of this one.
      if (queryText !== this.loadedQuery) this.#clear()
      else if (this.#isStale) void this.refresh()
      return
    }
    this.loadedQuery = queryText
    this.loadedAtMs = Date.now()
    // The rows of now: some may have been removed since the request.
    this.rows = beforeMs === null ? result.value.rows : [...this.rows, ...result.value.rows]
    this.#next = result.value.nextBeforeMs
    if (this.#isStale) void this.refresh()
  }
}
