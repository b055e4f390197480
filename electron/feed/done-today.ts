import type { Result } from '../contract/failures.ts'
import type { Patch } from '../contract/uploads.ts'
import type { Environment } from '../platform/environment.ts'
import { isRegistered } from '../journal/upload-record.ts'
import type { Rows } from '../journal/rows.ts'
import type { UploadStore } from '../journal/upload-store.ts'

/** The finished uploads in the list: today's, by this computer's calendar, at most the latest 200. */
export interface DoneToday {
  /** Shows what earlier processes finished today. */
  restore(): void
  /** How many were finished today in addition to those in the list. */
  unshown(): number
  /**
   * These rows were reported and may leave the list from now on; one that left before would never be seen as
   * finished.
   */
  patchSent(patch: Pick<Patch, 'changed' | 'removed'>): void
  /** The clock may have jumped: the computer slept over midnight, or the time zone changed. */
  checkDate(): void
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
  readonly rows: Pick<Rows, 'get' | 'restore' | 'hide' | 'remove'>
  readonly store: Pick<UploadStore, 'history' | 'finishedSince' | 'dismiss' | 'find'>
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
    hide([...shown].flatMap(([id, atMs]) => (atMs < today ? [id] : [])))
    if (shown.size > maxShown) {
      const oldestFirst = [...shown].sort(([, a], [, b]) => a - b).map(([id]) => id)
      const tooMany = oldestFirst.slice(0, shown.size - maxShown)
      unshown += tooMany.length
      hide(tooMany)
    }
    cancel()
    cancel = () => {}
    if (shown.size + unshown > 0)
      cancel = environment.timers.after(startOfDay(today + intoNextDayMs) - environment.now(), checkDate)
  }

  const finished = (ids: readonly string[]) =>
    ids.flatMap((id) => {
      const record = rows.get(id)?.record ?? store.find(id)
      return record && isRegistered(record) ? [record] : []
    })

  return {
    restore() {
      const records = store.history({ sinceMs: today, limit: maxShown, isListed: true })
      const hidden = options.hidden()
      const listed = records.filter(({ accountId }) => !hidden.has(accountId))
      unshown = Math.max(0, store.finishedSince(today, hidden) - listed.length)
      rows.restore(records)
    },
    unshown: () => unshown,
    patchSent({ changed, removed }) {
      for (const id of removed) shown.delete(id)
      const done = changed.filter(({ phase }) => phase === 'registered')
      for (const { id, finishedAtMs } of done) shown.set(id, finishedAtMs ?? environment.now())
      if (done.length > 0) checkDate()
    },
    checkDate,
    dismiss(ids) {
      const gone = finished(ids).map(({ id }) => id)
      const written = store.dismiss(gone)
      if (written.ok) rows.hide(gone)
      return written
    },
    forget(ids) {
      const gone = finished(ids)
      const ofToday = gone.filter(({ id, state }) => !rows.get(id) && state.finishedAtMs >= today)
      const removed = rows.remove(gone.map(({ id }) => id))
      const removedOfToday = ofToday.filter(({ id }) => store.find(id) === null)
      unshown = Math.max(0, unshown - removedOfToday.length)
      return removed
    },
    close: () => cancel(),
  }
}
