import type { TransferSpeed } from '../contract/upload-details.ts'
import {
  needsAttention,
  type Patch,
  type Snapshot,
  type Totals,
  type UploadRow,
  pausingTotals,
} from '../contract/uploads.ts'
import type { Environment } from '../platform/environment.ts'
import { createBatch } from './batch-progress.ts'
import { createSpeedMeter, speedScaleFor, sumOfSpeeds, type SpeedMeter } from '../platform/speed-meter.ts'
import { isSending } from '../journal/row-view.ts'
import { isRunning } from '../journal/upload-phase.ts'

/** Patches are sent at most this often. */
const patchEveryMs = 100
/**
 * While something runs, speeds are refreshed this often, so that a stalled connection does not keep its last
 * speed.
 */
const refreshMs = 1_000

/** The only reporter to the page: one snapshot on request, then numbered patches. */
export interface Feed {
  /** An upload changed: it is part of the next patch. */
  changed(id: string): void
  /** Something that concerns all uploads changed: pause all, connectivity. */
  touched(): void
  /** Bytes of any upload were sent. */
  moved(bytes: number): void
  snapshot(): Snapshot
  /** No patches are sent until `release`. */
  hold(): void
  release(): void
  subscribe(listener: FeedListener): () => void
  close(): void
}

export interface FeedListener {
  patch(patch: Patch): void
  /** Once a second while something runs, and once when it has ended. */
  flow(flow: TransferSpeed): void
}

/** Calls `flush` once, a moment after the first of several changes, and not while it is held. */
function createPatchTimer({ timers }: Environment, flush: () => void) {
  let isHeld = false
  let cancel: (() => void) | null = null

  function schedule(): void {
    if (cancel !== null || isHeld) return
    cancel = timers.after(patchEveryMs, () => {
      cancel = null
      flush()
    })
  }

  function stop(): void {
    cancel?.()
    cancel = null
  }

  return {
    schedule,
    hold() {
      isHeld = true
      stop()
    },
    release() {
      isHeld = false
      schedule()
    },
    stop,
  }
}

type QueueState = Pick<Snapshot, 'allPaused' | 'hold' | 'line' | 'isIncomplete'>

export function createFeed(options: {
  readonly view: (id: string) => UploadRow | null
  readonly ids: () => readonly string[]
  readonly conditions: () => QueueState
  readonly journalSetAside: string | null
  /** How many were registered today in addition to those shown. */
  readonly unshownToday: () => number
  readonly requestSlots: { readonly inUse: number; readonly limit: number }
  /** The user's limit in bytes per second, or null. */
  readonly limitBytesPerSecond: () => number | null
  readonly environment: Environment
}): Feed {
  const { view, ids, conditions, unshownToday, requestSlots, limitBytesPerSecond, environment } = options
  const listeners = new Set<FeedListener>()
  /** Changed since the last patch. */
  const dirty = new Set<string>()
  /** Changed since their view was computed. */
  const stale = new Set<string>()
  const batch = createBatch()
  /** Views as last computed; unchanged rows are not computed again. */
  const views = new Map<string, UploadRow>()
  let sequence = 0
  const patchTimer = createPatchTimer(environment, flush)
  const { schedule } = patchTimer
  const totalSpeed = createTotalSpeed({
    requestSlots,
    environment,
    refresh() {
      for (const [id, { phase }] of views) if (phase === 'sending') changed(id)
      schedule()
    },
    report(speed) {
      for (const listener of listeners) listener.flow(speed)
    },
  })

  function changed(id: string): void {
    dirty.add(id)
    stale.add(id)
    schedule()
  }

  function refresh(id: string): UploadRow | null {
    const row = view(id)
    batch.see(id, row)
    if (row) views.set(id, row)
    else views.delete(id)
    return row
  }

  function flush(): void {
    const rows: UploadRow[] = []
    const removed: string[] = []
    for (const id of dirty) {
      // The view of a snapshot is sent again as the same object, so that the page need not get it twice.
      const row = stale.has(id) ? refresh(id) : (views.get(id) ?? null)
      if (row) rows.push(row)
      else removed.push(id)
    }
    dirty.clear()
    stale.clear()
    totalSpeed.sample()
    sequence += 1
    const patch: Patch = { sequence, changed: rows, removed, ...ofAll() }
    for (const listener of listeners) listener.patch(patch)
  }

  function ofAll(): QueueState & Pick<Snapshot, 'totals'> {
    const rows = [...views.values()]
    const count = countRows(rows, unshownToday(), totalSpeed.meter)
    const { totalBytes, movedBytes, leftBytes } = batch.sum()
    // Of a single file the list shows the same.
    const only = count.running + count.waiting === 1 ? rows.find(isSending) : undefined
    const left = count.running > 0 ? secondsLeft(totalSpeed.meter, leftBytes, limitBytesPerSecond()) : null
    const totals: Totals = { ...count, totalBytes, movedBytes, secondsLeft: only ? only.secondsLeft : left }
    totalSpeed.setRunning(totals.running > 0)
    return { totals, ...conditions() }
  }

  return {
    changed,
    touched: schedule,
    moved: totalSpeed.moved,
    hold: patchTimer.hold,
    release: patchTimer.release,
    snapshot() {
      for (const id of ids()) if (!views.has(id)) refresh(id)
      for (const id of stale) refresh(id)
      stale.clear()
      return {
        sequence,
        rows: [...views.values()],
        ...ofAll(),
        flow: totalSpeed.current(),
        journalSetAside: options.journalSetAside,
      }
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    close() {
      patchTimer.hold()
      totalSpeed.close()
      listeners.clear()
    },
  }
}

/** Measures the speed of all uploads together and reports it once a second while something runs. */
function createTotalSpeed(options: {
  readonly requestSlots: { readonly inUse: number; readonly limit: number }
  readonly environment: Environment
  /** Called before each regular report. */
  readonly refresh: () => void
  readonly report: (speed: TransferSpeed) => void
}) {
  const { requestSlots, environment, refresh, report } = options
  const meter = createSpeedMeter(environment.monotonicMs)
  let movedBytes = 0
  let isRunning = false
  /** Null while nothing runs, and between a regular report and the patch after it. */
  let cancelTimer: (() => void) | null = null

  const current = (): TransferSpeed => ({
    speed: meter.history(),
    streamsInUse: requestSlots.inUse,
    streamsLimit: requestSlots.limit,
  })

  function onTimer(): void {
    cancelTimer = null
    refresh()
    report(current())
  }

  return {
    meter,
    current,
    sample: () => meter.sample(movedBytes),
    moved(bytes: number) {
      // Bytes before the first report after a pause count too.
      if (!isRunning) meter.sample(movedBytes)
      movedBytes += bytes
    },
    setRunning(isSomethingRunning: boolean) {
      if (isSomethingRunning) {
        cancelTimer ??= environment.timers.after(refreshMs, onTimer)
      } else if (isRunning) {
        cancelTimer?.()
        cancelTimer = null
        meter.rest()
        report(current())
      }
      isRunning = isSomethingRunning
    },
    close: () => cancelTimer?.(),
  }
}

/**
 * By the bytes of all uploads, since the sum of the rows' speeds falls whenever one of many files ends. A limit applies
 * at once; the measured speed shows it only after some time.
 */
function secondsLeft(
  meter: SpeedMeter,
  leftBytes: number,
  limitBytesPerSecond: number | null,
): number | null {
  return meter.secondsLeft(leftBytes, speedScaleFor(meter.bytesPerSecond() ?? 0, limitBytesPerSecond))
}

function countRows(
  rows: readonly UploadRow[],
  unshownToday: number,
  meter: SpeedMeter,
): Omit<Totals, 'totalBytes' | 'movedBytes' | 'secondsLeft'> {
  const pausing = pausingTotals(rows)
  const count = {
    running: 0,
    waiting: 0,
    needsYou: 0,
    paused: 0,
    inReview: 0,
    verifying: 0,
    registeredToday: unshownToday,
    bytesPerSecond: speedOf(rows, meter),
  }
  for (const row of rows) {
    const { phase, waitsForTurn, already } = row
    if (row.verification?.kind === 'pending') count.verifying += 1
    if (phase === 'review') count.inReview += 1
    else if (needsAttention(row)) count.needsYou += 1
    else if (phase === 'registered') count.registeredToday += already ? 0 : 1
    else if (phase === 'paused') count.paused += 1
    else if (isRunning(phase) && !waitsForTurn) count.running += 1
    else count.waiting += 1
  }
  return { ...count, ...(pausing ? { pausing } : {}) }
}

/** The sum of the rows' speeds. A row has none in its first second or two; until then, the bytes of all rows show it. */
function speedOf(rows: readonly UploadRow[], meter: SpeedMeter): number | null {
  const speeds = rows.filter(isSending).map((row) => row.bytesPerSecond)
  return speeds.length === 0 || speeds.includes(null) ? meter.bytesPerSecond() || null : sumOfSpeeds(speeds)
}
