import { failure } from '../contract/failures.ts'
import type { Patience } from './recovery-monitor.ts'
import type { Queue } from './queue.ts'
import type { Rows } from '../feed/rows.ts'
import type { SecondLooks } from '../intake/recheck.ts'
import type { Store } from '../journal/upload-store.ts'

/**
 * Takes over what the last process left and queues what was waiting. On a full disk nothing can be taken over; then the rows
 * are shown with the reason, and taken over once there is room.
 */
export function restoreQueued(rooms: {
  readonly store: Store
  readonly rows: Rows
  readonly queue: Queue
  readonly patience: Patience
  readonly secondLooks: Pick<SecondLooks, 'resume'>
}): void {
  const { store, rows, queue, patience, secondLooks } = rooms
  let isShown = false
  patience.tryUntilDone(() => {
    const queued = store.claimQueue()
    if (queued.ok) {
      rows.restore(queued.value)
      queue.add(queued.value.filter(({ phase }) => phase === 'waiting').map(({ id }) => id))
      secondLooks.resume()
      return true
    }
    const why = failure(queued.failure.code)
    if (!isShown)
      rows.restore(store.abandoned().map((record) => ({ ...record, failure: record.failure ?? why })))
    isShown = true
    return false
  })
}
