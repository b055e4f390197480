import { setImmediate as nextTurn } from 'node:timers/promises'
import { failure } from '../contract/failures.ts'
import type { RecoveryMonitor } from '../queue/recovery-monitor.ts'
import type { Queue } from '../queue/queue.ts'
import type { Rows } from '../journal/rows.ts'
import type { Rechecks } from './recheck-refused-files.ts'
import type { UploadStore } from '../journal/upload-store.ts'

/** Reading this many takes about 4 ms; the page is being loaded at the same time, with many short requests. */
const rowsPerBatch = 100

/**
 * Claims the uploads of the last process and queues those that were waiting. On a full disk nothing can be
 * claimed; then the rows are shown with the reason, and claimed once there is space. What can't be read is
 * reported and left out.
 *
 * @returns resolves when all rows are shown, or `signal` was aborted
 */
export async function restoreQueued(services: {
  readonly store: Pick<UploadStore, 'claimQueueIds' | 'readClaimed' | 'unclaimed'>
  readonly rows: Pick<Rows, 'has' | 'restore'>
  readonly queue: Pick<Queue, 'add' | 'has'>
  readonly recovery: Pick<RecoveryMonitor, 'tryUntilDone'>
  readonly rechecks: Pick<Rechecks, 'resume'>
  /** Uploads are missing, because the journal could not be read. */
  readonly onUnreadable: (error: unknown) => void
  readonly signal: AbortSignal
}): Promise<void> {
  const { store, rows, queue, recovery, rechecks, onUnreadable, signal } = services
  let restored = Promise.resolve()
  /** Rows that are shown though they are not claimed. */
  let unclaimed: ReadonlySet<string> | null = null

  function restore(): boolean {
    const claimed = store.claimQueueIds()
    if (claimed.ok) {
      // A row that was shown before and runs by now has its state.
      const isMissing = (id: string) => !rows.has(id) || (unclaimed?.has(id) === true && !queue.has(id))
      restored = restoreInBatches(claimed.value, isMissing, services)
        .then(() => {
          if (!signal.aborted) rechecks.resume()
        })
        .catch(onUnreadable)
      return true
    }
    if (unclaimed !== null) return false
    const reason = failure(claimed.failure.code)
    const shown = store.unclaimed().map((record) => ({ ...record, failure: record.failure ?? reason }))
    rows.restore(shown)
    unclaimed = new Set(shown.map(({ id }) => id))
    return false
  }

  recovery.tryUntilDone(() => {
    try {
      return restore()
    } catch (error) {
      onUnreadable(error)
      return true
    }
  })
  await restored
}

/**
 * Other events of the process are handled between the batches. A batch that can't be read is read row by row,
 * so that a damaged row hides no other.
 */
async function restoreInBatches(
  ids: readonly string[],
  isMissing: (id: string) => boolean,
  { store, rows, queue, onUnreadable, signal }: Parameters<typeof restoreQueued>[0],
): Promise<void> {
  function restore(batch: readonly string[]): void {
    // What belongs to a user who has signed in again may have been restored meanwhile.
    const records = store.readClaimed(batch.filter(isMissing), () => onUnreadable('invalid values'))
    rows.restore(records)
    queue.add(records.filter(({ phase }) => phase === 'waiting').map(({ id }) => id))
  }

  let batches = Array.from({ length: Math.ceil(ids.length / rowsPerBatch) }, (_none, index) =>
    ids.slice(index * rowsPerBatch, (index + 1) * rowsPerBatch),
  )
  for (let next = batches.shift(); next; next = batches.shift()) {
    if (signal.aborted) return
    try {
      restore(next)
    } catch (error) {
      if (next.length > 1) batches = [...next.map((id) => [id]), ...batches]
      else onUnreadable(error)
    }
    if (batches.length > 0) await nextTurn()
  }
}

/** Claims and queues uploads that were decrypted, because their user has signed in again. */
export function restoreReturned({
  store,
  rows,
  queue,
  rechecks,
  departedIds,
  onUnreadable,
}: {
  readonly store: Pick<UploadStore, 'claimQueueIds' | 'readClaimed'>
  readonly rows: Pick<Rows, 'has' | 'restore'>
  readonly queue: Pick<Queue, 'add'>
  readonly rechecks: Pick<Rechecks, 'schedule'>
  /** Accounts whose uploads are still to be encrypted. */
  readonly departedIds: ReadonlySet<string>
  /** Uploads are missing, because their rows have invalid values. */
  readonly onUnreadable: (error: unknown) => void
}): void {
  const claimed = store.claimQueueIds()
  const missingIds = claimed.ok ? claimed.value.filter((id) => !rows.has(id)) : []
  const returned = store
    .readClaimed(missingIds, () => onUnreadable('invalid values'))
    .filter(({ accountId }) => !departedIds.has(accountId))
  rows.restore(returned)
  queue.add(returned.filter(({ phase }) => phase === 'waiting').map(({ id }) => id))
  rechecks.schedule(returned.map(({ id }) => id))
}
