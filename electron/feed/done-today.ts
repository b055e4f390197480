import type { Result } from '../contract/failures.ts'
import type { Patch } from '../contract/uploads.ts'
import type { Environment } from '../platform/environment.ts'
import type { Rows } from '../journal/rows.ts'
import type { UploadStore } from '../journal/upload-store.ts'

/** What the list shows of what is done: today's, by this computer's calendar, and of a long day the latest. */
export interface DoneToday {
  /** Brings back what earlier processes have done today. */
  restore(): void
  /** How many were done today besides those in the list. */
  unshown(): number
  /** What was told may leave from now on: a row that goes before it was told would never be seen to end. */
  told(patch: Pick<Patch, 'changed' | 'removed'>): void
  /** The clock may have jumped: over a night asleep, or into another time zone. */
  look(): void
  /** Takes finished rows out of the list; the history keeps them. */
  dismiss(ids: readonly string[]): Result<void>
  /** Takes finished rows out of list and history. */
  forget(ids: readonly string[]): Result<void>
  close(): void
}

/** More would make a list that nobody reads, and of which each start draws all. */
const most = 200
/** From one midnight this leads into the next day, however long the clocks make the day between. */
const intoNextDayMs = 36 * 60 * 60 * 1000

const localStartOfDay = (atMs: number) => new Date(atMs).setHours(0, 0, 0, 0)

export function createDoneToday(options: {
  readonly rows: Pick<Rows, 'get' | 'restore' | 'leave' | 'remove'>
  readonly store: Pick<UploadStore, 'history' | 'finishedSince' | 'dismiss' | 'find'>
  readonly environment: Environment
  /** How many there are has changed though no row has. */
  readonly touched: () => void
}): DoneToday {
  const { rows, store, environment } = options
  const startOfDay = environment.startOfDay ?? localStartOfDay
  /** When each was finished, of those that the page knows. */
  const shown = new Map<string, number>()
  let unshown = 0
  let today = startOfDay(environment.now())
  let cancel = () => {}

  function leave(ids: readonly string[]): void {
    for (const id of ids) shown.delete(id)
    rows.leave(ids)
  }

  function look(): void {
    const now = startOfDay(environment.now())
    if (now !== today && unshown > 0) {
      unshown = 0
      options.touched()
    }
    today = now
    leave([...shown].flatMap(([id, atMs]) => (atMs < today ? [id] : [])))
    if (shown.size > most) {
      const oldestFirst = [...shown].sort(([, a], [, b]) => a - b).map(([id]) => id)
      const tooMany = oldestFirst.slice(0, shown.size - most)
      unshown += tooMany.length
      leave(tooMany)
    }
    cancel()
    cancel = () => {}
    if (shown.size + unshown > 0)
      cancel = environment.timers.after(startOfDay(today + intoNextDayMs) - environment.now(), look)
  }

  const finished = (ids: readonly string[]) =>
    ids.flatMap((id) => {
      const record = rows.get(id)?.record ?? store.find(id)
      return record?.phase === 'registered' ? [record] : []
    })

  return {
    restore() {
      const records = store.history({ sinceMs: today, limit: most, isListed: true })
      unshown = Math.max(0, store.finishedSince(today) - records.length)
      rows.restore(records)
    },
    unshown: () => unshown,
    told({ changed, removed }) {
      for (const id of removed) shown.delete(id)
      const done = changed.filter(({ phase }) => phase === 'registered')
      for (const { id, finishedAtMs } of done) shown.set(id, finishedAtMs ?? environment.now())
      if (done.length > 0) look()
    },
    look,
    dismiss(ids) {
      const gone = finished(ids).map(({ id }) => id)
      const written = store.dismiss(gone)
      if (written.ok) rows.leave(gone)
      return written
    },
    forget(ids) {
      const gone = finished(ids)
      const ofToday = gone.filter(({ id, finishedAtMs }) => !rows.get(id) && (finishedAtMs ?? 0) >= today)
      const removed = rows.remove(gone.map(({ id }) => id))
      if (removed.ok) unshown = Math.max(0, unshown - ofToday.length)
      return removed
    },
    close: () => cancel(),
  }
}
