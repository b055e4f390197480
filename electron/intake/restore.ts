import { setImmediate as nextTurn } from 'node:timers/promises'
import { failure } from '../contract/failures.ts'
import type { RecoveryMonitor } from '../queue/recovery-monitor.ts'
import type { Queue } from '../queue/queue.ts'
import type { Rows } from '../journal/rows.ts'
import type { Rechecks } from './recheck-growing-files.ts'
import type { UploadStore } from '../journal/upload-store.ts'

/** Reading this many takes about 4 ms; the page is being loaded at the same time, with many short requests. */
const rowsPerBatch = 100

/**
 * Claims the uploads of the last process and queues those that were waiting. On a full disk nothing can be
 * claimed; then the rows are shown with the reason, and claimed once there is space.
 *
 * @returns resolves when all rows are shown, or `signal` was aborted
 */
export async function restoreQueued(services: {
  readonly store: Pick<UploadStore, 'claimQueueIds' | 'readClaimed' | 'unclaimed'>
  readonly rows: Pick<Rows, 'has' | 'restore'>
  readonly queue: Pick<Queue, 'add' | 'has'>
  readonly recovery: Pick<RecoveryMonitor, 'tryUntilDone'>
  readonly rechecks: Pick<Rechecks, 'resume'>
  readonly signal: AbortSignal
}): Promise<void> {
  const { store, rows, queue, recovery, rechecks, signal } = services
  let restored = Promise.resolve()
  /** Rows that are shown though they are not claimed. */
  let unclaimed: ReadonlySet<string> | null = null
  recovery.tryUntilDone(() => {
    const claimed = store.claimQueueIds()
    if (claimed.ok) {
      // A row that was shown before and runs by now has its state.
      const isMissing = (id: string) => !rows.has(id) || (unclaimed?.has(id) === true && !queue.has(id))
      restored = restoreInBatches(claimed.value, isMissing, services).then(() => {
        if (!signal.aborted) rechecks.resume()
      })
      return true
    }
    if (unclaimed !== null) return false
    const reason = failure(claimed.failure.code)
    const shown = store.unclaimed().map((record) => ({ ...record, failure: record.failure ?? reason }))
    rows.restore(shown)
    unclaimed = new Set(shown.map(({ id }) => id))
    return false
  })
  await restored
}

/** Other events of the process are handled between the batches. */
async function restoreInBatches(
  ids: readonly string[],
  isMissing: (id: string) => boolean,
  { store, rows, queue, signal }: Parameters<typeof restoreQueued>[0],
): Promise<void> {
  for (let start = 0; start < ids.length; start += rowsPerBatch) {
    if (start > 0) await nextTurn()
    if (signal.aborted) return
    // What belongs to a user who has signed in again may have been restored meanwhile.
    const records = store.readClaimed(ids.slice(start, start + rowsPerBatch).filter(isMissing))
    rows.restore(records)
    queue.add(records.filter(({ phase }) => phase === 'waiting').map(({ id }) => id))
  }
}

/** Claims and queues uploads that were decrypted, because their user has signed in again. */
export function restoreReturned({
  store,
  rows,
  queue,
  departedIds,
}: {
  readonly store: Pick<UploadStore, 'claimQueue'>
  readonly rows: Pick<Rows, 'has' | 'restore'>
  readonly queue: Pick<Queue, 'add'>
  /** Accounts whose uploads are still to be encrypted. */
  readonly departedIds: ReadonlySet<string>
}): void {
  const queued = store.claimQueue()
  const returned = queued.ok
    ? queued.value.filter(({ id, accountId }) => !rows.has(id) && !departedIds.has(accountId))
    : []
  rows.restore(returned)
  queue.add(returned.filter(({ phase }) => phase === 'waiting').map(({ id }) => id))
}
