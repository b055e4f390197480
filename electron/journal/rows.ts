import { failed, failure, type Result } from '../contract/failures.ts'
import type { SpeedHistory } from '../contract/upload-details.ts'
import type { Phase, UploadRow } from '../contract/uploads.ts'
import type { Environment } from '../platform/environment.ts'
import { isApprovable, type UploadRecord, type RecordChange } from './upload-record.ts'
import { writeInGroups } from './journal-write.ts'
import { areIndexedAlike, RecordIndex } from './record-index.ts'
import { createLogRecorder, type HoldReason, type LogRecorder } from './upload-log/log-recorder.ts'
import { isSending, toUploadRow, type LiveState } from './row-view.ts'
import { createSpeedMeter, speedScaleFor, sumOfSpeeds } from '../platform/speed-meter.ts'
import { isRunning, storedPhase, phaseAfter, type StoredPhase, type UploadEvent } from './upload-phase.ts'
import type { UploadStore } from './upload-store.ts'
import { acknowledgedBytes, type PartCount } from './parts-store.ts'

interface MutableRow {
  record: UploadRecord
  readonly live: LiveState
}

/** What an event makes of a row. */
interface NextState {
  readonly row: MutableRow
  readonly before: UploadRecord
  readonly phase: Phase
  readonly record: UploadRecord
}

export interface Row {
  readonly record: UploadRecord
  readonly live: Readonly<Omit<LiveState, 'speed'>>
}

/** Whether an upload has failed, or is in review and can't be approved. */
export const isStopped = ({ live, record }: Row) =>
  live.phase === 'failed' || (live.phase === 'review' && !isApprovable(record))

export interface RowEvent {
  readonly id: string
  readonly event: UploadEvent
  readonly change: RecordChange
}

const effectiveOnDisk: ReadonlySet<UploadEvent> = new Set(['register', 'registered', 'found'])
const nothingInFlight = { inFlightBytes: 0, inFlightParts: 0 }
const noProgress = {
  ...nothingInFlight,
  isRequested: true,
  hashedBytes: 0,
  isPausing: false,
  waitsForTurn: false,
  retryAtMs: null,
  attempts: 0,
}

interface RowsOptions {
  readonly store: UploadStore
  readonly environment: Environment
  /** Records the changes in the logs of the uploads; in those of the store by default. */
  readonly log?: LogRecorder
  readonly changed: (id: string) => void
  /** Bytes of any file were sent. */
  readonly moved: (bytes: number) => void
  /** The user's limit in bytes per second, or null. */
  readonly limitBytesPerSecond?: () => number | null
  /** Whether uploads of an account may be added: false once its user has signed out. Always true by default. */
  readonly mayAdd?: (accountId: string) => boolean
}

/**
 * All uploads that are shown: the queue, and what was registered today. Each change is recorded first, then
 * reported.
 */
export class Rows {
  readonly #options: RowsOptions
  readonly #store: UploadStore
  readonly #log: LogRecorder
  readonly #rows = new Map<string, MutableRow>()
  /** Finished ones that are hidden. */
  readonly #hidden = new Map<string, UploadRecord>()
  readonly #index = new RecordIndex<MutableRow>()
  readonly #hiddenIndex = new RecordIndex<UploadRecord>()
  /**
   * Rows newer than the disk, such as after a rolled-back transaction: their next change writes the whole
   * record.
   */
  readonly #unwritten = new Set<string>()
  /** Uploads in the phase `sending`. */
  readonly #sending = new Set<string>()
  #touched: string[] | null = null

  constructor(options: RowsOptions) {
    this.#options = options
    this.#store = options.store
    this.#log = options.log ?? createLogRecorder(options.store.logs, options.environment)
  }

  get(id: string): Row | undefined {
    return this.#rows.get(id)
  }

  ids(): readonly string[] {
    return [...this.#rows.keys()]
  }

  has(id: string): boolean {
    return this.#rows.has(id)
  }

  /** Those with requests to storage that have sent bytes and are not answered. */
  inFlightIds(): readonly string[] {
    return this.ids().filter((id) => {
      const live = this.#rows.get(id)?.live
      return live !== undefined && isRunning(live.phase) && live.inFlightParts > 0
    })
  }

  /** The uploads of files of this size. */
  ofSize(sizeBytes: number): readonly Row[] {
    return this.#index.ofSize(sizeBytes)
  }

  /** The uploads to a library path, of all teams, without regard to case. */
  toPath(path: string): readonly Row[] {
    return this.#index.toPath(path)
  }

  /** Adds uploads, all or none: `no-team` if the user of one of them has signed out. */
  add(records: readonly UploadRecord[]): Result<void> {
    const { mayAdd = () => true } = this.#options
    const accountIds = new Set(records.map(({ accountId }) => accountId))
    if (![...accountIds].every(mayAdd)) return failed(failure('no-team'))
    const written = this.#store.add(records)
    if (written.ok) this.restore(records)
    // If only the flush failed, the rows are in the journal, and would be sent after the next start.
    else this.#store.remove(records.map(({ id }) => id))
    return written
  }

  /** Shows records from the journal, without writing; see `isRequested` in row-view.ts. */
  restore(records: readonly UploadRecord[], { isRequested = true } = {}): void {
    const open = records.filter(({ state }) => state.kind === 'multipart-open')
    const parts =
      open.length > 0 ? this.#store.parts.counts(open.map(({ id }) => id)) : new Map<string, PartCount>()
    for (const record of records) {
      const live = {
        ...noProgress,
        phase: record.phase,
        isRequested,
        sentBytes: acknowledgedBytes(record, parts.get(record.id)),
        speed: createSpeedMeter(this.#options.environment.monotonicMs),
      }
      const before = this.#rows.get(record.id)
      if (before) this.#index.delete(before.record, before)
      const row = { record, live }
      this.#dropHidden(record.id)
      this.#rows.set(record.id, row)
      this.#index.add(record, row)
      this.#options.changed(record.id)
    }
  }

  /**
   * Applies an event and a change to an upload. Returns the journal's failure when it could not be written;
   * then `register`, `registered` and `found` have no effect. An event that is impossible in the current
   * phase is a bug and throws.
   */
  applyEvent(
    id: string,
    event: UploadEvent,
    change: RecordChange = {},
    retryAtMs: number | null = null,
  ): Result<void> {
    const row = this.#rowOf(id)
    const phase = phaseAfter(row.live.phase, event)
    const written = this.#write(id, { phase: phaseToStore(row, phase), ...change })
    // These count only once they are on disk; any other phase is reached again after a restart.
    if (!written.ok && effectiveOnDisk.has(event)) return written
    // The failure is shown even if it could not be written, above all when the disk is the reason.
    if (!written.ok && change.failure !== undefined) {
      this.#setRecord(row, { ...row.record, failure: change.failure })
      this.#unwritten.add(id)
    }
    this.#enter(row, phase, retryAtMs)
    return written
  }

  /**
   * Applies an event without writing, where losing it with the process does no harm; the next change writes
   * it.
   */
  applyUnwrittenEvent(id: string, event: UploadEvent, change: RecordChange): void {
    const row = this.#rowOf(id)
    const phase = phaseAfter(row.live.phase, event)
    this.#setRecord(row, { ...row.record, ...change })
    this.#unwritten.add(id)
    this.#enter(row, phase, null)
  }

  /** Applies events to many uploads in one transaction, all or none. */
  applyEvents(events: readonly RowEvent[]): Result<void> {
    const next = events.map((event) => this.#nextOf(event))
    const written = this.#store.save(next.map(({ record }) => record))
    if (written.ok) this.#enterAll(next)
    return written
  }

  /**
   * The same without blocking the thread while the disk is flushed, which takes a second on a busy one: the events
   * take effect once they are on the disk. Uploads that are removed meanwhile are left out.
   */
  async applyEventsAfterFlush(events: readonly RowEvent[]): Promise<Result<void>> {
    for (let open = events.filter(({ id }) => this.#rows.has(id)); ;) {
      const next = open.map((event) => this.#nextOf(event))
      const written = this.#store.save(
        next.map(({ record }) => record),
        { isFlushed: false },
      )
      if (!written.ok) return written
      const flushed = await this.#store.flush()
      if (!flushed.ok) return flushed
      const shown = next.filter(({ row, before }) => this.#rows.get(before.id) === row)
      if (shown.every(({ row, before }) => row.record === before)) {
        this.#enterAll(shown)
        return written
      }
      // A record that was changed meanwhile was written without the event.
      const ids = new Set(shown.map(({ before }) => before.id))
      open = open.filter(({ id }) => ids.has(id))
    }
  }

  #nextOf({ id, event, change }: RowEvent): NextState {
    const row = this.#rowOf(id)
    const phase = phaseAfter(row.live.phase, event)
    const record = { ...row.record, phase: phaseToStore(row, phase), ...change }
    return { row, before: row.record, phase, record }
  }

  #enterAll(next: readonly NextState[]): void {
    for (const { row, phase, record } of next) {
      this.#setRecord(row, record)
      this.#unwritten.delete(record.id)
      this.#enter(row, phase, null)
    }
  }

  /** With `isFlushed: false` a power failure may undo the change. */
  change(id: string, change: RecordChange, options?: { readonly isFlushed: false }): Result<void> {
    const written = this.#write(id, change, options)
    if (written.ok) this.#options.changed(id)
    return written
  }

  /** Makes one change to many uploads in one transaction, all or none. */
  changeAll(ids: readonly string[], change: RecordChange): Result<void> {
    const next = ids.map((id) => ({ ...this.#rowOf(id).record, ...change }))
    const written = this.#store.save(next)
    if (!written.ok) return written
    for (const record of next) {
      this.#setRecord(this.#rowOf(record.id), record)
      this.#unwritten.delete(record.id)
      this.#options.changed(record.id)
    }
    return written
  }

  /** Reported, never written. */
  progress(
    id: string,
    progress: Partial<Pick<LiveState, 'sentBytes' | 'inFlightBytes' | 'inFlightParts' | 'hashedBytes'>>,
  ): void {
    const { live } = this.#rowOf(id)
    const before = live.sentBytes + live.inFlightBytes
    const acknowledgedBytes = (progress.sentBytes ?? live.sentBytes) - live.sentBytes
    if ((progress.sentBytes ?? 0) > live.sentBytes) live.attempts = 0
    Object.assign(live, progress)
    const moved = live.sentBytes + live.inFlightBytes
    if (live.phase === 'sending') {
      live.speed.sample(moved)
      this.#log.progressed(id, { movedBytes: moved - before, acknowledgedBytes })
      if (moved > before) this.#options.moved(moved - before)
    }
    this.#options.changed(id)
  }

  /** The upload is to run when its turn comes. */
  request(id: string): void {
    this.#rowOf(id).live.isRequested = true
    this.#options.changed(id)
  }

  /** Whether the run finishes what takes a few seconds before it is paused. */
  setPausing(id: string, isPausing: boolean): void {
    const row = this.#rows.get(id)
    if (!row) return
    row.live.isPausing = isPausing
    this.#options.changed(id)
  }

  /** Whether the upload waits until other files leave it a share of the connection. */
  setTurn(id: string, waitsForTurn: boolean): void {
    const row = this.#rows.get(id)
    if (!row || row.live.waitsForTurn === waitsForTurn) return
    row.live.waitsForTurn = waitsForTurn
    this.#log.setTurn(id, waitsForTurn)
    // The time without a turn is no part of its speed.
    if (waitsForTurn) row.live.speed.rest()
    else if (row.live.phase === 'sending') row.live.speed.sample(row.live.sentBytes + row.live.inFlightBytes)
    this.#options.changed(id)
  }

  /** The queue is held for this reason from now on, or no longer. */
  setHoldReason(reason: HoldReason | null): void {
    this.#log.setHoldReason(reason)
  }

  /** Counts an attempt; returns the attempts since storage last acknowledged bytes. */
  countAttempt(id: string): number {
    return (this.#rowOf(id).live.attempts += 1)
  }

  /**
   * The upload waits for the connection instead of a time; attempts that failed because of it do not count.
   */
  waitForConnection(id: string): void {
    Object.assign(this.#rowOf(id).live, { retryAtMs: null, attempts: 0 })
    this.#log.waitsForConnection(id)
    this.#options.changed(id)
  }

  /** The upload is retried at another time than planned, or (null) when something else allows it. */
  setRetryTime(id: string, retryAtMs: number | null): void {
    this.#rowOf(id).live.retryAtMs = retryAtMs
    this.#options.changed(id)
  }

  /** Removes uploads in groups (see `changeInGroups`); those of a group that could not be written stay. */
  remove(ids: readonly string[]): Result<void> {
    return writeInGroups(ids, (group) => {
      const written = this.#store.remove(group)
      if (!written.ok) return written
      this.hide(group)
      for (const id of group) this.#dropHidden(id)
      return written
    })
  }

  /** Hides uploads without writing: their records stay in the journal. */
  hide(ids: readonly string[]): void {
    for (const id of ids) {
      const record = this.#rows.get(id)?.record
      if (record?.phase === 'registered') {
        this.#dropHidden(id)
        this.#hidden.set(id, record)
        this.#hiddenIndex.add(record, record)
      }
      this.#sending.delete(id)
      if (this.#drop(id)) this.#options.changed(id)
    }
  }

  /** Drops uploads that are kept in no other way in this process; their records stay as they are. */
  forget(ids: readonly string[]): void {
    this.hide(ids)
    for (const id of ids) {
      this.#dropHidden(id)
      this.#unwritten.delete(id)
    }
  }

  /** Uploads that were registered while this process ran, shown or not. */
  *finished(): Iterable<UploadRecord> {
    for (const { record } of this.#rows.values()) if (record.phase === 'registered') yield record
    yield* this.#hidden.values()
  }

  /** Those of files of this size. */
  finishedOfSize(sizeBytes: number): readonly UploadRecord[] {
    const shown = this.#index.ofSize(sizeBytes).map(({ record }) => record)
    return [...shown.filter(({ phase }) => phase === 'registered'), ...this.#hiddenIndex.ofSize(sizeBytes)]
  }

  /** The uploads of a multi-file model's files, shown or hidden. */
  filesOf(modelKey: string): readonly UploadRecord[] {
    const shown = this.#index.ofModel(modelKey).map(({ record }) => record)
    return [...this.#hiddenIndex.ofModel(modelKey), ...shown]
  }

  /** Combines all changes that `work` makes into one transaction. */
  inTransaction(work: () => void): Result<void> {
    this.#touched = []
    const written = this.#store.transaction(work)
    if (!written.ok) for (const id of this.#touched) this.#unwritten.add(id)
    this.#touched = null
    return written
  }

  /**
   * Runs `change` for each item, with one transaction for each group of items: while one runs, upload threads
   * can't write acknowledged parts. If a group can't be written, the others are changed all the same; returns the
   * first failure.
   */
  changeInGroups<T>(items: readonly T[], change: (item: T) => void): Result<void> {
    return writeInGroups(items, (group) => this.inTransaction(() => group.forEach(change)))
  }

  view(id: string): UploadRow | null {
    const row = this.#rows.get(id)
    return row ? toUploadRow(row.record, row.live, this.#speedScale(row.live)) : null
  }

  /** Shows the speeds that a new limit allows, before they are measured. */
  limitChanged(): void {
    for (const id of this.#sending) this.#options.changed(id)
  }

  /** All uploads share the user's limit. */
  #speedScale(live: LiveState): number {
    const limit = this.#options.limitBytesPerSecond?.() ?? null
    if (limit === null || !isSending(live)) return 1
    const all = [...this.#sending].map((id) => this.#rows.get(id)?.live)
    const speeds = all.map((one) => (one && isSending(one) ? one.speed.bytesPerSecond() : null))
    return speedScaleFor(sumOfSpeeds(speeds) ?? 0, limit)
  }

  speedOf(id: string): SpeedHistory {
    return this.#rowOf(id).live.speed.history()
  }

  #rowOf(id: string): MutableRow {
    const row = this.#rows.get(id)
    if (!row) throw new Error(`no such upload: ${id}`)
    return row
  }

  #setRecord(row: MutableRow, record: UploadRecord): void {
    const before = row.record
    row.record = record
    if (areIndexedAlike(before, record)) return
    this.#index.delete(before, row)
    this.#index.add(record, row)
  }

  /** Returns whether there was such a row. */
  #drop(id: string): boolean {
    const row = this.#rows.get(id)
    if (row) this.#index.delete(row.record, row)
    return this.#rows.delete(id)
  }

  #dropHidden(id: string): void {
    const record = this.#hidden.get(id)
    if (!record) return
    this.#hidden.delete(id)
    this.#hiddenIndex.delete(record, record)
  }

  #write(id: string, change: RecordChange, options?: { readonly isFlushed: false }): Result<void> {
    const row = this.#rowOf(id)
    const record = { ...row.record, ...change }
    const isSame =
      !this.#unwritten.has(id) &&
      Object.entries(change).every(([name, value]) => row.record[name as keyof RecordChange] === value)
    const written: Result<void> = isSame
      ? { ok: true, value: undefined }
      : this.#store.save([record], options)
    if (!written.ok) return written
    this.#setRecord(row, record)
    this.#unwritten.delete(id)
    this.#touched?.push(id)
    return written
  }

  #enter(row: MutableRow, phase: Phase, retryAtMs: number | null): void {
    const { live, record } = row
    this.#log.entered(record, live, { from: live.phase, to: phase, retryAtMs })
    live.phase = phase
    live.isRequested = true
    live.retryAtMs = retryAtMs
    // Acknowledged parts stay sent, whatever the reason for waiting is.
    const { kind } = record.state
    if (!isRunning(phase) && (kind === 'queued' || kind === 'duplicate'))
      Object.assign(live, { sentBytes: 0, hashedBytes: 0 })
    if (!isRunning(phase)) Object.assign(live, nothingInFlight)
    // Bytes that storage had before do not count as speed: measuring starts with the current count.
    if (phase === 'sending') live.speed.sample(live.sentBytes + live.inFlightBytes)
    else live.speed.rest()
    if (phase === 'sending') this.#sending.add(record.id)
    else this.#sending.delete(record.id)
    this.#options.changed(record.id)
  }
}

/** A run that is being paused is stored as paused, whatever steps it finishes before. */
function phaseToStore({ record, live }: Row, next: Phase): StoredPhase {
  const isStillPausing = record.phase === 'paused' && isRunning(live.phase) && isRunning(next)
  return isStillPausing ? 'paused' : storedPhase(next)
}
