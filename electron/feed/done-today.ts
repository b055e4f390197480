import { success, type Result } from '../contract/failures.ts'
import type { Patch } from '../contract/uploads.ts'
import type { Environment } from '../platform/environment.ts'
import { isRegistered, isRegisteredUpload, type UploadRecord } from '../journal/upload-record.ts'
import type { Rows } from '../journal/rows.ts'
import type { UploadStore } from '../journal/upload-store.ts'

/**
 * The finished uploads in the list: today's, by this computer's calendar, at most the latest 200, and all that need
 * attention because the library's record of them is wrong.
 */
export interface DoneToday {
  /** Shows what earlier processes finished today, and what needs attention. */
  restore(): void
  /** How many were uploaded today in addition to those in the list. */
  unshown(): number
  /**
   * These rows were reported and may leave the list from now on; one that left before would never be seen as
   * finished.
   */
  patchSent(patch: Pick<Patch, 'changed' | 'removed'>): void
  /** The clock may have jumped: the computer slept over midnight, or the time zone changed. */
  checkDate(): void
  /** Lists a finished upload that needs attention now, although it has left the list. */
  relist(id: string): Result<void>
  /** Removes finished rows from the list; the history keeps them. */
  dismiss(ids: readonly string[]): Result<void>
  /** Removes finished rows from list and history. */
  forget(ids: readonly string[]): Result<void>
  close(): void
}

/** More would slow down each start for a list too long to read. */
const maxShown = 200
/** Added to a midnight, this is within the next day, even when daylight saving time makes a day longer. */
const intoNextDayMs = 36 * 60 * 60 * 1000

const localStartOfDay = (atMs: number) => new Date(atMs).setHours(0, 0, 0, 0)

export function createDoneToday(options: {
  readonly rows: Pick<Rows, 'get' | 'ids' | 'restore' | 'hide' | 'remove'>
  readonly store: Pick<
    UploadStore,
    'history' | 'finishedSince' | 'wrongRecords' | 'dismiss' | 'isDismissed' | 'undoDismissal' | 'find'
  >
  readonly environment: Environment
  /** Ids of accounts whose uploads are not shown. */
  readonly hidden: () => ReadonlySet<string>
  /** The number of finished uploads changed, though no row did. */
  readonly touched: () => void
}): DoneToday {
  const { rows, store, environment } = options
  const startOfDay = environment.startOfDay ?? localStartOfDay
  /** Finishing times of the rows that the page shows. */
  const shown = new Map<string, number>()
  let unshown = 0
  let today = startOfDay(environment.now())
  let cancel = () => {}

  function hide(ids: readonly string[]): void {
    for (const id of ids) shown.delete(id)
    rows.hide(ids)
  }

  function checkDate(): void {
    const now = startOfDay(environment.now())
    if (now !== today && unshown > 0) {
      unshown = 0
      options.touched()
    }
    today = now
    const mayLeave = [...shown].filter(([id]) => rows.get(id)?.record.failure === null)
    hide(mayLeave.flatMap(([id, atMs]) => (atMs < today ? [id] : [])))
    const ofToday = mayLeave.filter(([, atMs]) => atMs >= today)
    const oldestFirst = ofToday.sort(([, a], [, b]) => a - b).map(([id]) => id)
    const tooMany = oldestFirst.slice(0, -maxShown)
    unshown += tooMany.filter((id) => isOfToday(rows.get(id)?.record)).length
    hide(tooMany)
    cancel()
    cancel = () => {}
    if (shown.size + unshown > 0)
      cancel = environment.timers.after(startOfDay(today + intoNextDayMs) - environment.now(), checkDate)
  }

  /** Files that the library already had don’t count. */
  const isOfToday = (record: UploadRecord | undefined) =>
    record !== undefined && isRegisteredUpload(record) && record.state.finishedAtMs >= today

  const finished = (ids: readonly string[]) =>
    ids.flatMap((id) => {
      const record = rows.get(id)?.record ?? store.find(id)
      return record && isRegistered(record) ? [record] : []
    })

  return {
    restore() {
      const hidden = options.hidden()
      const latest = { sinceMs: today, limit: maxShown, isListed: true }
      // Those of hidden accounts are shown once their user is back.
      const found = [
        ...store.history(latest),
        ...store.history({ ...latest, hidden }),
        ...store.wrongRecords(),
      ]
      rows.restore([...new Map(found.map((record) => [record.id, record])).values()])
      const listed = rows.ids().filter((id) => {
        const record = rows.get(id)?.record
        return record && isOfToday(record) && !hidden.has(record.accountId)
      })
      unshown = Math.max(0, store.finishedSince(today, hidden) - listed.length)
    },
    unshown: () => unshown,
    patchSent({ changed, removed }) {
      for (const id of removed) shown.delete(id)
      const done = changed.filter(({ phase }) => phase === 'registered')
      for (const { id, finishedAtMs } of done) shown.set(id, finishedAtMs ?? environment.now())
      if (done.length > 0) checkDate()
    },
    checkDate,
    relist(id) {
      const record = rows.get(id) ? null : store.find(id)
      if (!record || !isRegistered(record) || record.failure === null) return success(undefined)
      const wasDismissed = store.isDismissed(id)
      if (!wasDismissed && isOfToday(record)) unshown = Math.max(0, unshown - 1)
      rows.restore([record])
      return wasDismissed ? store.undoDismissal(id) : success(undefined)
    },
    dismiss(ids) {
      const gone = finished(ids).map(({ id }) => id)
      const written = store.dismiss(gone)
      if (written.ok) rows.hide(gone)
      return written
    },
    forget(ids) {
      const gone = finished(ids)
      const ofToday = gone.filter(
        (record) => !rows.get(record.id) && isOfToday(record) && !store.isDismissed(record.id),
      )
      const removed = rows.remove(gone.map(({ id }) => id))
      const removedOfToday = ofToday.filter(({ id }) => store.find(id) === null)
      unshown = Math.max(0, unshown - removedOfToday.length)
      return removed
    },
    close: () => cancel(),
  }
}
