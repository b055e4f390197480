import type { Result } from '../contract/failures.ts'
import type { SpeedHistory } from '../contract/upload-details.ts'
import type { Phase, UploadRow } from '../contract/uploads.ts'
import type { Environment } from '../platform/environment.ts'
import type { UploadRecord, RecordChange } from './upload-record.ts'
import { toUploadRow, type LiveState } from './row-view.ts'
import { createSpeedMeter } from '../platform/speed-meter.ts'
import { isRunning, storedPhase, nextPhase, type UploadEvent } from './upload-state.ts'
import type { UploadStore } from './upload-store.ts'
import { acknowledgedBytes, type PartCount } from './parts-store.ts'

export interface Row {
  readonly record: UploadRecord
  readonly live: Readonly<Omit<LiveState, 'speed'>>
}

export interface RowEvent {
  readonly id: string
  readonly event: UploadEvent
  readonly change: RecordChange
}

/** All uploads that are shown: the queue, and what was registered today. Each change is recorded first, then reported. */
export interface Rows {
  get(id: string): Row | undefined
  ids(): readonly string[]
  has(id: string): boolean
  add(records: readonly UploadRecord[]): Result<void>
  /** Shows records from the journal, without writing. */
  restore(records: readonly UploadRecord[]): void
  /**
   * Applies an event and a change to an upload. Returns the journal's failure when it could not be written; then `register`,
   * `registered` and `found` have no effect. An event that is impossible in the current phase is a bug and throws.
   */
  happen(id: string, event: UploadEvent, change?: RecordChange, retryAtMs?: number | null): Result<void>
  /** Applies an event without writing, where losing it with the process does no harm; the next change writes it. */
  happenUnwritten(id: string, event: UploadEvent, change: RecordChange): void
  /** Applies events to many uploads in one transaction, all or none. */
  happenAll(happenings: readonly RowEvent[]): Result<void>
  change(id: string, change: RecordChange): Result<void>
  /** Reported, never written. */
  progress(
    id: string,
    progress: Partial<Pick<LiveState, 'sentBytes' | 'inFlightBytes' | 'hashedBytes'>>,
  ): void
  /** Counts an attempt; returns the attempts since storage last acknowledged bytes. */
  countAttempt(id: string): number
  /** The upload waits for the connection instead of a time; attempts that failed because of it do not count. */
  waitForConnection(id: string): void
  remove(ids: readonly string[]): Result<void>
  /** Hides uploads without writing: their records stay in the journal. */
  leave(ids: readonly string[]): void
  /** Uploads that were registered while this process ran, shown or not. */
  finished(): Iterable<UploadRecord>
  /** Combines all changes that `work` makes into one transaction. */
  together(work: () => void): Result<void>
  view(id: string): UploadRow | null
  speedOf(id: string): SpeedHistory
}

const effectiveOnDisk: ReadonlySet<UploadEvent> = new Set(['register', 'registered', 'found'])
const noProgress = { sentBytes: 0, inFlightBytes: 0, hashedBytes: 0, retryAtMs: null, attempts: 0 }

export function createRows(options: {
  readonly store: UploadStore
  readonly environment: Environment
  readonly changed: (id: string) => void
  /** Bytes of any file were sent. */
  readonly moved: (bytes: number) => void
}): Rows {
  const { store, environment, changed } = options
  const rows = new Map<string, { record: UploadRecord; live: LiveState }>()
  /** Finished ones that are hidden. */
  const left = new Map<string, UploadRecord>()
  /** Rows newer than the disk, such as after a rolled-back transaction: their next change writes the whole record. */
  const unwritten = new Set<string>()
  let touched: string[] | null = null

  function restore(records: readonly UploadRecord[]): void {
    const isInParts = ({ state }: UploadRecord) => state.kind === 'multipart-open'
    const parts = records.some(isInParts) ? store.parts.counts() : new Map<string, PartCount>()
    for (const record of records) {
      const sentBytes = acknowledgedBytes(record, parts.get(record.id))
      const live = {
        ...noProgress,
        phase: record.phase,
        sentBytes,
        speed: createSpeedMeter(environment.now),
      }
      rows.set(record.id, { record, live })
      changed(record.id)
    }
  }

  function leave(ids: readonly string[]): void {
    for (const id of ids) {
      const record = rows.get(id)?.record
      if (record?.phase === 'registered') left.set(id, record)
      if (rows.delete(id)) changed(id)
    }
  }

  function* finished(): Iterable<UploadRecord> {
    for (const { record } of rows.values()) if (record.phase === 'registered') yield record
    yield* left.values()
  }

  function rowOf(id: string) {
    const row = rows.get(id)
    if (!row) throw new Error(`no such upload: ${id}`)
    return row
  }

  function write(id: string, change: RecordChange): Result<void> {
    const row = rowOf(id)
    const record = { ...row.record, ...change }
    const same =
      !unwritten.has(id) &&
      Object.entries(change).every(([name, value]) => row.record[name as keyof RecordChange] === value)
    const written: Result<void> = same ? { ok: true, value: undefined } : store.save([record])
    if (!written.ok) return written
    row.record = record
    unwritten.delete(id)
    touched?.push(id)
    return written
  }

  function phaseAfter(live: LiveState, event: UploadEvent): Phase {
    const phase = nextPhase(live.phase, event)
    if (phase === null) throw new Error(`${event} cannot happen to an upload that is ${live.phase}`)
    return phase
  }

  function enter(
    row: { record: UploadRecord; live: LiveState },
    phase: Phase,
    retryAtMs: number | null,
  ): void {
    row.live.phase = phase
    row.live.retryAtMs = retryAtMs
    // What storage has acknowledged in parts stays sent, whatever the row waits for.
    const { kind } = row.record.state
    if (!isRunning(phase) && (kind === 'queued' || kind === 'duplicate'))
      Object.assign(row.live, { sentBytes: 0, inFlightBytes: 0, hashedBytes: 0 })
    if (!isRunning(phase)) row.live.inFlightBytes = 0
    // Bytes that storage had before are no speed: measuring starts with the current count.
    if (phase === 'sending') row.live.speed.sample(row.live.sentBytes + row.live.inFlightBytes)
    else row.live.speed.rest()
    changed(row.record.id)
  }

  return {
    get: (id) => rows.get(id),
    ids: () => [...rows.keys()],
    has: (id) => rows.has(id),
    add(records) {
      const written = store.add(records)
      if (written.ok) restore(records)
      return written
    },
    restore,
    happen(id, event, change = {}, retryAtMs = null) {
      const row = rowOf(id)
      const phase = phaseAfter(row.live, event)
      const written = write(id, { phase: storedPhase(phase), ...change })
      // These count only once they are on disk; any other phase is reached again after a restart.
      if (!written.ok && effectiveOnDisk.has(event)) return written
      // The failure is shown even if it could not be written, above all when the disk is the reason.
      if (!written.ok && change.failure !== undefined) {
        row.record = { ...row.record, failure: change.failure }
        unwritten.add(id)
      }
      enter(row, phase, retryAtMs)
      return written
    },
    happenUnwritten(id, event, change) {
      const row = rowOf(id)
      const phase = phaseAfter(row.live, event)
      row.record = { ...row.record, ...change }
      unwritten.add(id)
      enter(row, phase, null)
    },
    happenAll(happenings) {
      const next = happenings.map(({ id, event, change }) => {
        const row = rowOf(id)
        const phase = phaseAfter(row.live, event)
        return { row, phase, record: { ...row.record, phase: storedPhase(phase), ...change } }
      })
      const written = store.save(next.map(({ record }) => record))
      if (!written.ok) return written
      for (const { row, phase, record } of next) {
        row.record = record
        unwritten.delete(record.id)
        enter(row, phase, null)
      }
      return written
    },
    change(id, change) {
      const written = write(id, change)
      if (written.ok) changed(id)
      return written
    },
    progress(id, progress) {
      const { live } = rowOf(id)
      const before = live.sentBytes + live.inFlightBytes
      if ((progress.sentBytes ?? 0) > live.sentBytes) live.attempts = 0
      Object.assign(live, progress)
      const moved = live.sentBytes + live.inFlightBytes
      if (live.phase === 'sending') {
        live.speed.sample(moved)
        if (moved > before) options.moved(moved - before)
      }
      changed(id)
    },
    countAttempt: (id) => (rowOf(id).live.attempts += 1),
    waitForConnection(id) {
      Object.assign(rowOf(id).live, { retryAtMs: null, attempts: 0 })
      changed(id)
    },
    remove(ids) {
      const written = store.remove(ids)
      if (!written.ok) return written
      leave(ids)
      for (const id of ids) left.delete(id)
      return written
    },
    ...{ leave, finished },
    together(work) {
      touched = []
      const written = store.transaction(work)
      if (!written.ok) for (const id of touched) unwritten.add(id)
      touched = null
      return written
    },
    view(id) {
      const row = rows.get(id)
      return row ? toUploadRow(row.record, row.live) : null
    },
    speedOf: (id) => rowOf(id).live.speed.history(),
  }
}
