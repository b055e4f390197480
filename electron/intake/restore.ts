import { failure } from '../contract/failures.ts'
import type { RecoveryMonitor } from '../queue/recovery-monitor.ts'
import type { Queue } from '../queue/queue.ts'
import type { Rows } from '../journal/rows.ts'
import type { Rechecks } from './recheck-growing-files.ts'
import type { UploadStore } from '../journal/upload-store.ts'

/**
 * Claims the uploads of the last process and queues those that were waiting. On a full disk nothing can be
 * claimed; then the rows are shown with the reason, and claimed once there is space.
 */
export function restoreQueued(services: {
  readonly store: UploadStore
  readonly rows: Rows
  readonly queue: Queue
  readonly recovery: RecoveryMonitor
  readonly rechecks: Pick<Rechecks, 'resume'>
}): void {
  const { store, rows, queue, recovery, rechecks } = services
  let isShown = false
  recovery.tryUntilDone(() => {
    const queued = store.claimQueue()
    if (queued.ok) {
      rows.restore(queued.value)
      queue.add(queued.value.filter(({ phase }) => phase === 'waiting').map(({ id }) => id))
      rechecks.resume()
      return true
    }
    const reason = failure(queued.failure.code)
    if (!isShown)
      rows.restore(store.unclaimed().map((record) => ({ ...record, failure: record.failure ?? reason })))
    isShown = true
    return false
  })
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
