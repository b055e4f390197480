import type { Patch, Snapshot, Totals, UploadRow } from '../contract/model.ts'
import type { Ports } from '../contract/ports.ts'
import { createSpeedMeter, secondsLeft, type SpeedMeter } from './speed.ts'
import { isRunning } from './state.ts'

/** The page hears of changes at most this often. */
const patchEveryMs = 100

/** The one voice that reports to the page: a snapshot when asked, then numbered patches. */
export interface Feed {
  /** Something about an upload changed: it goes out with the next patch. */
  changed(id: string): void
  /** Something about all of them changed: pause all. */
  touched(): void
  snapshot(): Snapshot
  subscribe(listener: (patch: Patch) => void): () => void
  close(): void
}

export function createFeed(options: {
  readonly view: (id: string) => UploadRow | null
  readonly ids: () => readonly string[]
  readonly allPaused: () => boolean
  readonly ports: Ports
}): Feed {
  const { view, ids, allPaused, ports } = options
  const listeners = new Set<(patch: Patch) => void>()
  const dirty = new Set<string>()
  const flow = createSpeedMeter(ports.now)
  /** Views as last computed: a row that has not changed is not computed again. */
  const views = new Map<string, UploadRow>()
  let movedEver = 0
  let sequence = 0
  let pending = false
  let cancel = () => {}

  function refresh(id: string): UploadRow | null {
    const before = views.get(id)
    const row = view(id)
    if (row) views.set(id, row)
    else views.delete(id)
    const movedBefore = before ? before.sentBytes + before.inFlightBytes : 0
    const movedNow = row ? row.sentBytes + row.inFlightBytes : 0
    // Only what moved while sending counts as flow: a row that leaves or is restored is no traffic.
    if (before?.phase === 'sending' && movedNow > movedBefore) movedEver += movedNow - movedBefore
    return row
  }

  function schedule(): void {
    if (pending) return
    pending = true
    cancel = ports.timers.after(patchEveryMs, flush)
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
    const patch: Patch = { sequence, changed, removed, totals: totals(), allPaused: allPaused() }
    for (const listener of listeners) listener(patch)
  }

  function totals(): Totals {
    return sumUp(views.values(), flow)
  }

  return {
    changed(id) {
      dirty.add(id)
      schedule()
    },
    touched: schedule,
    snapshot() {
      for (const id of ids()) if (!views.has(id)) refresh(id)
      for (const id of dirty) refresh(id)
      return { sequence, rows: [...views.values()], totals: totals(), allPaused: allPaused() }
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    close() {
      cancel()
      listeners.clear()
    },
  }
}

/** Adds up what is shown. Bytes of what runs or waits; what failed, is paused or is done is not on its way. */
function sumUp(rows: Iterable<UploadRow>, flow: SpeedMeter): Totals {
  const count = { running: 0, waiting: 0, needsYou: 0, paused: 0, registeredToday: 0 }
  let totalBytes = 0
  let movedBytes = 0
  for (const row of rows) {
    if (row.phase === 'registered') count.registeredToday += 1
    else if (row.phase === 'failed') count.needsYou += 1
    else if (row.phase === 'paused') count.paused += 1
    else {
      if (isRunning(row.phase)) count.running += 1
      else count.waiting += 1
      totalBytes += row.sizeBytes
      movedBytes += row.sentBytes + row.inFlightBytes
    }
  }
  const bytesPerSecond = count.running > 0 ? flow.bytesPerSecond() : null
  return {
    ...count,
    totalBytes,
    movedBytes,
    bytesPerSecond,
    secondsLeft: secondsLeft(totalBytes - movedBytes, bytesPerSecond),
  }
}
