import type { Result } from '../contract/failures.ts'
import type { SpeedHistory } from '../contract/upload-details.ts'
import type { Phase, UploadRow } from '../contract/uploads.ts'
import type { Environment } from '../platform/environment.ts'
import type { UploadRecord, RecordChange } from './upload-record.ts'
import { toUploadRow, type LiveState } from './row-view.ts'
import { createSpeedMeter } from '../platform/speed-meter.ts'
import { isRunning, storedPhase, nextPhase, type UploadEvent } from './upload-state.ts'
import type { UploadStore } from './upload-store.ts'
import { acknowledgedBytes, type DoneParts } from './parts-store.ts'

export interface Row {
  readonly record: UploadRecord
  readonly live: Readonly<Omit<LiveState, 'speed'>>
}

export interface RowEvent {
  readonly id: string
  readonly event: UploadEvent
  readonly change: RecordChange
}

/** All uploads that are shown: the queue, and what was registered today. Each change is written down, then told. */
export interface Rows {
  get(id: string): Row | undefined
  ids(): readonly string[]
  has(id: string): boolean
  add(records: readonly UploadRecord[]): Result<void>
  /** Brings back what the journal holds, without writing. */
  restore(records: readonly UploadRecord[]): void
  /**
   * Lets an event happen to an upload, with what else changes. Answers the journal's failure when it could not be written;
   * then `register`, `registered` and `found` have not happened. An event that cannot happen in that phase throws: it is a bug.
   */
  happen(id: string, event: UploadEvent, change?: RecordChange, retryAtMs?: number | null): Result<void>
  /** Lets an event happen that is lost with the process and nothing with it: the next change writes down what changed. */
  happenUnwritten(id: string, event: UploadEvent, change: RecordChange): void
  /** The same for many uploads that differ, all or none of them: when it could not be written, nothing has happened. */
  happenAll(happenings: readonly RowEvent[]): Result<void>
  change(id: string, change: RecordChange): Result<void>
  /** Progress: told, never written. */
  progress(
    id: string,
    progress: Partial<Pick<LiveState, 'sentBytes' | 'inFlightBytes' | 'hashedBytes'>>,
  ): void
  /** Counts an attempt and answers how many there have been since storage last acknowledged bytes. */
  countAttempt(id: string): number
  /** It waits for the line and for no time; attempts that a missing line ended are no attempts. */
  waitForLine(id: string): void
  remove(ids: readonly string[]): Result<void>
  /** Shows uploads no more, without writing: what the journal has of them stays. */
  leave(ids: readonly string[]): void
  /** What has come into a library while this process ran, shown or not. */
  finished(): Iterable<UploadRecord>
  /** Makes one transaction of all changes that `work` makes. */
  together(work: () => void): Result<void>
  view(id: string): UploadRow | null
  speedOf(id: string): SpeedHistory
}

const onDiskFirst: ReadonlySet<UploadEvent> = new Set(['register', 'registered', 'found'])
const nothingMoved = { sentBytes: 0, inFlightBytes: 0, hashedBytes: 0, retryAtMs: null, attempts: 0 }

export function createRows(options: {
  readonly store: UploadStore
  readonly environment: Environment
  readonly changed: (id: string) => void
  /** Bytes of any file have moved. */
  readonly moved: (bytes: number) => void
}): Rows {
  const { store, environment, changed } = options
  const rows = new Map<string, { record: UploadRecord; live: LiveState }>()
  /** Finished ones that are shown no more. */
  const left = new Map<string, UploadRecord>()
  /** Rows that are ahead of the disk, such as after a transaction of many was rolled back: their next change is written whole. */
  const unwritten = new Set<string>()
  let touched: string[] | null = null

  function restore(records: readonly UploadRecord[]): void {
    const isInParts = ({ multipart, storageKey }: UploadRecord) => multipart !== null && storageKey === null
    const parts = records.some(isInParts) ? store.parts.counts() : new Map<string, DoneParts>()
    for (const record of records) {
      const sentBytes = acknowledgedBytes(record, parts.get(record.id))
      const live = {
        ...nothingMoved,
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
    if (!isRunning(phase) && row.record.storageKey === null && row.record.multipart === null)
      Object.assign(row.live, { sentBytes: 0, inFlightBytes: 0, hashedBytes: 0 })
    if (!isRunning(phase)) row.live.inFlightBytes = 0
    // What storage had before is no speed: measuring begins with what it has now.
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
      // These must not be believed unless they are on the disk; any other phase is found again after a restart.
      if (!written.ok && onDiskFirst.has(event)) return written
      // What went wrong is shown even so, above all when it is the disk itself; the next change writes it down.
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
    waitForLine(id) {
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
