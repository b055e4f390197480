import type { TransferSpeed } from '../contract/upload-details.ts'
import type { ConnectivityState, Patch, Snapshot, Totals, UploadRow } from '../contract/uploads.ts'
import type { Environment } from '../platform/environment.ts'
import { createBatch, type BatchSum } from './batch.ts'
import { createSpeedMeter, type SpeedMeter } from '../platform/speed-meter.ts'
import { isRunning } from '../journal/upload-state.ts'

/** The page hears of changes at most this often. */
const patchEveryMs = 100
/** While something is under way it is told anew at least this often, or a line that stands still would keep its speed. */
const beatMs = 1_000

/** The one voice that reports to the page: a snapshot when asked, then numbered patches. */
export interface Feed {
  /** Something about an upload changed: it goes out with the next patch. */
  changed(id: string): void
  /** Something about all of them changed: pause all, the line. */
  touched(): void
  /** Bytes of any upload have moved. */
  moved(bytes: number): void
  snapshot(): Snapshot
  subscribe(listener: FeedListener): () => void
  close(): void
}

export interface FeedListener {
  patch(patch: Patch): void
  /** Once a second while something is under way, and once when that has ended. */
  flow(flow: TransferSpeed): void
}

export function createFeed(options: {
  readonly view: (id: string) => UploadRow | null
  readonly ids: () => readonly string[]
  readonly allPaused: () => boolean
  readonly line: () => ConnectivityState
  readonly journalSetAside: string | null
  /** How many were registered today besides those that are shown. */
  readonly unshownToday: () => number
  readonly requestSlots: { readonly inUse: number; readonly limit: number }
  readonly environment: Environment
}): Feed {
  const { view, ids, allPaused, line, unshownToday, requestSlots, environment } = options
  const listeners = new Set<FeedListener>()
  const dirty = new Set<string>()
  const [flow, batch] = [createSpeedMeter(environment.now), createBatch()]
  /** Views as last computed: a row that has not changed is not computed again. */
  const views = new Map<string, UploadRow>()
  let movedEver = 0
  let sequence = 0
  let pending = false
  let cancel = () => {}
  /** Ends the waiting for the next beat; null while nothing is under way. */
  let cancelBeat: (() => void) | null = null

  function refresh(id: string): UploadRow | null {
    const row = view(id)
    batch.see(id, row)
    if (row) views.set(id, row)
    else views.delete(id)
    return row
  }

  /** Keeps the beat going while something is under way. */
  function keepBeat(isRunning: boolean): void {
    if (isRunning) {
      cancelBeat ??= environment.timers.after(beatMs, beat)
    } else if (cancelBeat) {
      cancelBeat()
      cancelBeat = null
      flow.rest()
      tellFlow()
    }
  }

  function beat(): void {
    cancelBeat = null
    for (const [id, { phase }] of views) if (phase === 'sending') dirty.add(id)
    tellFlow()
    schedule()
  }

  function flowNow(): TransferSpeed {
    return { speed: flow.history(), streamsInUse: requestSlots.inUse, streamsLimit: requestSlots.limit }
  }

  function tellFlow(): void {
    const now = flowNow()
    for (const listener of listeners) listener.flow(now)
  }

  function schedule(): void {
    if (pending) return
    pending = true
    cancel = environment.timers.after(patchEveryMs, flush)
  }

  function flush(): void {
    pending = false
    const changed: UploadRow[] = []
    const removed: string[] = []
    for (const id of dirty) {
      const row = refresh(id)
      if (row) changed.push(row)
      else removed.push(id)
    }
    dirty.clear()
    flow.sample(movedEver)
    sequence += 1
    const patch: Patch = { sequence, changed, removed, ...ofAll() }
    for (const listener of listeners) listener.patch(patch)
  }

  function ofAll(): Pick<Snapshot, 'totals' | 'allPaused' | 'line'> {
    const totals = sumUp(views.values(), unshownToday(), batch.sum(), flow)
    keepBeat(totals.running > 0)
    return { totals, allPaused: allPaused(), line: line() }
  }

  return {
    changed(id) {
      dirty.add(id)
      schedule()
    },
    touched: schedule,
    moved(bytes) {
      // What moves before the first beat of a rested line is counted too.
      if (!cancelBeat) flow.sample(movedEver)
      movedEver += bytes
    },
    snapshot() {
      for (const id of ids()) if (!views.has(id)) refresh(id)
      for (const id of dirty) refresh(id)
      return {
        sequence,
        rows: [...views.values()],
        ...ofAll(),
        flow: flowNow(),
        journalSetAside: options.journalSetAside,
      }
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    close() {
      cancel()
      cancelBeat?.()
      listeners.clear()
    },
  }
}

/** Adds up what is shown, and what the batch that runs or waits has behind it. */
function sumUp(
  rows: Iterable<UploadRow>,
  unshownToday: number,
  { totalBytes, movedBytes, leftBytes }: BatchSum,
  flow: SpeedMeter,
): Totals {
  const count = { running: 0, waiting: 0, needsYou: 0, paused: 0, registeredToday: unshownToday }
  for (const { phase } of rows) {
    if (phase === 'registered') count.registeredToday += 1
    else if (phase === 'failed') count.needsYou += 1
    else if (phase === 'paused') count.paused += 1
    else if (isRunning(phase)) count.running += 1
    else count.waiting += 1
  }
  const flows = count.running > 0
  return {
    ...count,
    totalBytes,
    movedBytes,
    bytesPerSecond: flows ? flow.bytesPerSecond() : null,
    secondsLeft: flows ? flow.secondsLeft(leftBytes) : null,
  }
}
