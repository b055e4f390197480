import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Queue } from '../queue/queue.ts'
import type { Rows } from '../journal/rows.ts'
import type { Rechecks } from './recheck-refused-files.ts'
import type { UploadStore } from '../journal/upload-store.ts'

/** Reading this many takes about 4 ms; the page is being loaded at the same time, with many short requests. */
const rowsPerBatch = 100

/** Shows the unfinished uploads of the journal. What can't be read is reported and left out. */
export interface Restoration {
  /** Shows all of them, once. Resolves when they are shown, or the engine was stopped. */
  all(): Promise<void>
  /**
   * Shows those that were decrypted, because their user has signed in again, if the others are shown already.
   * @param departedIds accounts whose uploads are still to be encrypted
   */
  returned(departedIds: ReadonlySet<string>): void
}

export function createRestoration(services: {
  readonly store: Pick<UploadStore, 'unfinishedIds' | 'readUnfinished'>
  readonly rows: Pick<Rows, 'has' | 'restore'>
  readonly queue: Pick<Queue, 'add'>
  readonly rechecks: Pick<Rechecks, 'resume' | 'schedule'>
  /** Whether the engine runs all of them, or only those that it is asked to continue. */
  readonly runsQueue: () => boolean
  /** Uploads are missing, because the journal could not be read. */
  readonly onUnreadable: (error: unknown) => void
  readonly signal: AbortSignal
}): Restoration {
  const { store, rows, queue, rechecks, runsQueue, onUnreadable, signal } = services
  let restored: Promise<void> | null = null

  /** Returns the ids of those of these uploads that were not shown yet, and don't belong to a departed account. */
  function show(ids: readonly string[], departedIds: ReadonlySet<string> = new Set()): readonly string[] {
    const missing = ids.filter((id) => !rows.has(id))
    const records = store
      .readUnfinished(missing, () => onUnreadable('invalid values'))
      .filter(({ accountId }) => !departedIds.has(accountId))
    rows.restore(records, { isRequested: runsQueue() })
    if (runsQueue()) queue.add(records.filter(({ phase }) => phase === 'waiting').map(({ id }) => id))
    return records.map(({ id }) => id)
  }

  /**
   * Other events of the process are handled between the batches. A batch that can't be read is read row by row,
   * so that a damaged row hides no other.
   */
  async function showInBatches(ids: readonly string[]): Promise<void> {
    let batches = Array.from({ length: Math.ceil(ids.length / rowsPerBatch) }, (_none, index) =>
      ids.slice(index * rowsPerBatch, (index + 1) * rowsPerBatch),
    )
    for (let next = batches.shift(); next && !signal.aborted; next = batches.shift()) {
      try {
        show(next)
      } catch (error) {
        if (next.length > 1) batches = [...next.map((id) => [id]), ...batches]
        else onUnreadable(error)
      }
      if (batches.length > 0) await nextTurn()
    }
  }

  async function showAll(): Promise<void> {
    try {
      await showInBatches(store.unfinishedIds())
      if (runsQueue() && !signal.aborted) rechecks.resume()
    } catch (error) {
      onUnreadable(error)
    }
  }

  return {
    all: () => (restored ??= showAll()),
    returned(departedIds) {
      if (restored === null) return
      try {
        const ids = show(store.unfinishedIds(), departedIds)
        if (runsQueue()) rechecks.schedule(ids)
      } catch (error) {
        onUnreadable(error)
      }
    },
  }
}
