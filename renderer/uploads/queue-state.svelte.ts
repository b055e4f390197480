import { untrack } from 'svelte'
import { SvelteMap, SvelteSet } from 'svelte/reactivity'
import type { Bridge } from '../../electron/contract/calls.ts'
import type { Failure } from '../../electron/contract/failures.ts'
import type { TransferSpeed } from '../../electron/contract/upload-details.ts'
import {
  allPausing,
  isAllPaused,
  type ConnectivityState,
  type Patch,
  type Snapshot,
  type Totals,
  type UploadRow,
} from '../../electron/contract/uploads.ts'
import {
  groupRows,
  idsInReview,
  idsWaiting,
  keyOfTeam,
  rowsOfTeam,
  sortKey,
  uploadOrder,
  type TeamOfRow,
  type UploadSort,
} from './row-groups.ts'
import { hasPathConflict } from './details/path-conflict.ts'
import { groupOf, isEditable } from './row-status.ts'

const noTotals: Totals = {
  running: 0,
  waiting: 0,
  needsYou: 0,
  paused: 0,
  inReview: 0,
  verifying: 0,
  registeredToday: 0,
  totalBytes: 0,
  movedBytes: 0,
  bytesPerSecond: null,
  secondsLeft: null,
}

/** After this time, patches are applied although the page isn't idle (ms). */
const longestRestMs = 500

const noTransfer: TransferSpeed = { speed: { stepMs: 1_000, points: [] }, streamsInUse: 0, streamsLimit: 0 }

/** What a bulk edit, or its preview, depends on. */
function targetKey(row: UploadRow): string {
  const { displayName, modelType, modelPath } = row.target
  const state = `${isEditable(row)} ${row.phase === 'registered'} ${row.accountId} ${row.team.id}`
  return [state, row.fileName, row.recognition.base, displayName, modelType, modelPath].join('\n')
}

/** Callbacks for changes, for code that does not read the reactive state. */
interface Listeners {
  readonly row: (before: UploadRow | undefined, after: UploadRow) => void
  /** Called with at least one id. */
  readonly removed: (ids: readonly string[]) => void
  /** `isNews` is false for the initial snapshot. */
  readonly totals: (totals: Totals, isNews: boolean) => void
}
const noListeners: Listeners = { row: () => {}, removed: () => {}, totals: () => {} }

/** A mirror of the queue: one snapshot, then numbered patches. */
export class QueueState {
  readonly rows = new SvelteMap<string, UploadRow>()
  totals = $state.raw<Totals>(noTotals)
  flow = $state.raw<TransferSpeed>(noTransfer)
  allPaused = $state(false)
  readonly isAllPaused = $derived(isAllPaused(this))
  /** Whether uploads run, wait or are paused. */
  readonly isBusy = $derived(this.totals.running + this.totals.waiting + this.totals.paused > 0)
  /** What is finished before everything is paused, or null. */
  readonly pausing = $derived(allPausing(this.totals))
  connectivity = $state<ConnectivityState>('ok')
  /** File name to which a damaged journal was moved, until the user closes the notice. */
  journalSetAside = $state<string | null>(null)
  /** Whether uploads are missing, because the journal could not be read. */
  isIncomplete = $state(false)
  /** The user has closed the notice about missing uploads. */
  isIncompleteNoticeClosed = $state(false)
  /** True once a snapshot was received. */
  isKnown = $state(false)
  /** Why the snapshot could not be loaded, or null. */
  loadFailure = $state.raw<Failure | null>(null)
  /** When the rows were last received (ms since the epoch). */
  updatedAtMs = 0
  search = $state('')
  /** The order in the list, which doesn't change the order in which uploads run. */
  sort = $state.raw<UploadSort>(uploadOrder)
  /** Key of the team whose uploads the list shows, see `QueueTeams`; null for all. */
  teamKey = $state<string | null>(null)

  /** Incremented when rows are added, removed or reordered. Progress does not sort the list again. */
  #orderVersion = $state(0)
  /** Incremented when rows are added or removed, or when what identifies one in the library changes. */
  targetsVersion = $state(0)
  /** Rows that are in use, as they were before. Not reactive: the list isn't sorted when the pointer moves. */
  #heldRows: ReadonlyMap<string, UploadRow> = new Map()
  readonly groups = $derived.by(() => {
    void this.#orderVersion
    const search = this.search.trim()
    const { sort, teamKey, allPaused } = this
    const options = { search, sort, held: this.#heldRows, allPaused }
    return untrack(() => groupRows(rowsOfTeam(this.allRows(), teamKey), options))
  })
  /** Whether the list may show less than all uploads. */
  readonly isFiltered = $derived(this.search.trim() !== '' || this.teamKey !== null)
  /** How many uploads the shown team has, also those that the search hides. */
  readonly teamCount = $derived.by(() => {
    void this.#orderVersion
    const { teamKey } = this
    return untrack(
      () => [...rowsOfTeam(this.allRows(), teamKey)].filter(({ phase }) => phase !== 'review').length,
    )
  })
  /** Each team and account that the list has uploads for, once. */
  readonly listTeams: readonly TeamOfRow[] = $derived.by(() => {
    void this.#orderVersion
    return untrack(() => {
      const listed = [...this.allRows()].filter(({ phase }) => phase !== 'review')
      const teams = new Map(listed.map((row) => [`${row.accountId} ${row.team.id}`, row]))
      return [...teams.values()].map(({ accountId, team }) => ({ accountId, team }))
    })
  })
  /** Uploads that need attention and are not shown because they are for another team. */
  readonly hiddenProblemCount = $derived.by(() => {
    void this.#orderVersion
    const { teamKey } = this
    if (teamKey === null) return 0
    const isHidden = (row: UploadRow) => row.phase !== 'review' && keyOfTeam(row) !== teamKey
    return untrack(
      () => [...this.allRows()].filter((row) => isHidden(row) && groupOf(row) === 'needs-you').length,
    )
  })
  /** Ids of the files in review, which the list does not show, in the order of the queue. */
  readonly reviewIds = $derived.by(() => {
    void this.#orderVersion
    return untrack(() => idsInReview(this.allRows()))
  })
  /** Ids of all shown rows in display order. */
  readonly ids = $derived(this.groups.flatMap(({ ids }) => ids))

  /** Types that are offered because the user gave them to similar files, with the uploads to change. */
  readonly offeredTypes = $derived.by(() => {
    const byType = Map.groupBy(this.#offers, ([, type]) => type)
    return [...byType].map(([type, offers]) => ({ type, ids: offers.map(([id]) => id) }))
  })
  readonly #offers = new SvelteMap<string, string>()
  /** Ids of the uploads with a path conflict. */
  readonly conflictIds = new SvelteSet<string>()

  readonly #bridge: Bridge
  readonly #listeners: Listeners
  #sequence = -1
  #isLoading = false
  #isResting = false
  #pendingPatches: Patch[] = []

  constructor(bridge: Bridge, listeners: Listeners = noListeners) {
    this.#bridge = bridge
    this.#listeners = listeners
  }

  /**
   * All rows, without a dependency on any of them: to iterate over a `SvelteMap` creates a signal for each of its
   * entries, and reads all of them each time.
   */
  allRows(): Iterable<UploadRow> {
    return Map.prototype.values.call(this.rows) as Iterable<UploadRow>
  }

  /** The row of an upload that is neither registered nor gone. */
  readonly openRow = (id: string): UploadRow | undefined => {
    const row = this.rows.get(id)
    return row?.phase === 'registered' ? undefined : row
  }

  /** Subscribes before loading, so that no patch is missed. Returns a function that unsubscribes. */
  start(): () => void {
    const stops = [
      this.#bridge.on('patch', (patch) => this.#receive(patch)),
      this.#bridge.on('flow', (flow) => (this.flow = flow)),
    ]
    void this.load()
    return () => stops.forEach((stop) => stop())
  }

  /** Ids of all waiting and paused uploads in the order in which they run, whether or not they are shown. */
  waitingIds(): string[] {
    return untrack(() => idsWaiting(this.allRows()))
  }

  /** Bytes of an account's uploads that would be sent again if they stopped now. */
  inFlightBytesOf(accountId: string): number {
    const rows = [...this.allRows()].filter((row) => row.accountId === accountId)
    return rows.reduce((sum, { inFlightBytes }) => sum + inFlightBytes, 0)
  }

  /** Keeps rows in their place although their state changes, until the next call without them. */
  holdRows(ids: readonly string[]): void {
    const before = this.#heldRows
    const rows = ids.flatMap((id) => before.get(id) ?? this.rows.get(id) ?? [])
    this.#heldRows = new Map(rows.map((row) => [row.id, row]))
    const hasMoved = (held: UploadRow) => {
      const row = this.rows.get(held.id)
      return row !== undefined && sortKey(held, this.sort) !== sortKey(row, this.sort)
    }
    if ([...before.values()].some((held) => !this.#heldRows.has(held.id) && hasMoved(held)))
      this.#orderVersion += 1
  }

  async load(): Promise<void> {
    if (this.#isLoading) return
    this.#isLoading = true
    const result = await this.#bridge.snapshot()
    this.#isLoading = false
    if (!result.ok) {
      this.#pendingPatches = []
      this.loadFailure = result.failure
      return
    }
    this.loadFailure = null
    this.#applySnapshot(result.value)
    this.#applyPending()
  }

  #receive(patch: Patch): void {
    this.#pendingPatches.push(patch)
    if (!this.#isResting) this.#applyPending()
  }

  #applyPending(): void {
    if (this.#isLoading) return
    const pending = this.#pendingPatches
    this.#pendingPatches = []
    // The next snapshot contains them.
    if (!this.isKnown || pending.length === 0) return
    this.#rest()
    for (const [index, patch] of pending.entries()) {
      if (patch.sequence <= this.#sequence) continue
      if (patch.sequence > this.#sequence + 1) {
        this.#pendingPatches = pending.slice(index)
        void this.load()
        return
      }
      this.#apply(patch)
    }
  }

  /** Collects patches until the page has rendered the last ones and is idle, so that clicks don't wait behind them all. */
  #rest(): void {
    this.#isResting = true
    const resume = () => {
      this.#isResting = false
      this.#applyPending()
    }
    requestIdleCallback(resume, { timeout: longestRestMs })
  }

  #applySnapshot({ rows, flow, journalSetAside, ...rest }: Snapshot): void {
    const kept = new Set(rows.map(({ id }) => id))
    const removedIds = [...this.rows.keys()].filter((id) => !kept.has(id))
    this.#sequence = rest.sequence - 1
    this.#apply({ ...rest, changed: rows, removed: removedIds })
    this.flow = flow
    if (!this.isKnown) this.journalSetAside = journalSetAside
    this.isKnown = true
  }

  #apply({ sequence, changed, removed, totals, allPaused, line, isIncomplete }: Patch): void {
    let moved = removed.length > 0
    let hasNewTargets = moved
    const sort = untrack(() => this.sort)
    for (const row of changed) {
      const before = untrack(() => this.rows.get(row.id))
      if (!before || sortKey(before, sort) !== sortKey(row, sort)) moved = true
      if (!before || targetKey(before) !== targetKey(row)) hasNewTargets = true
      this.rows.set(row.id, row)
      if (row.offeredType !== undefined && isEditable(row)) this.#offers.set(row.id, row.offeredType)
      else this.#offers.delete(row.id)
      if (hasPathConflict(row)) this.conflictIds.add(row.id)
      else this.conflictIds.delete(row.id)
      if (this.isKnown) this.#listeners.row(before, row)
    }
    for (const id of removed) {
      this.rows.delete(id)
      this.#offers.delete(id)
      this.conflictIds.delete(id)
    }
    if (removed.length > 0) this.#listeners.removed(removed)
    this.totals = totals
    this.#listeners.totals(totals, this.isKnown)
    this.allPaused = allPaused
    this.connectivity = line
    this.isIncomplete = isIncomplete
    this.#sequence = sequence
    this.updatedAtMs = Date.now()
    if (moved) this.#orderVersion += 1
    if (hasNewTargets) this.targetsVersion += 1
  }
}
