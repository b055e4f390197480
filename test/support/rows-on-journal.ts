import type { UploadRecord } from '../../electron/journal/upload-record.ts'
import { Rows } from '../../electron/journal/rows.ts'
import { createUploadStore, type UploadStore } from '../../electron/journal/upload-store.ts'
import { noLog } from './records.ts'
import { openTestJournal } from './test-journal.ts'

/** The unfinished uploads of a journal, in the order of the queue. */
export const unfinishedIn = (store: Pick<UploadStore, 'unfinishedIds' | 'readUnfinished'>) =>
  store.readUnfinished(store.unfinishedIds())

/** Rows with their own journal, in a folder that is removed after the test, and with logs if `isLogged`. */
export function rowsOnJournal(
  records: readonly UploadRecord[] = [],
  {
    isLogged = false,
    mayAdd,
  }: { readonly isLogged?: boolean; readonly mayAdd?: (accountId: string) => boolean } = {},
) {
  const { folder, database, environment } = openTestJournal()
  const store = createUploadStore(database, environment)
  const rows = new Rows({
    store,
    environment,
    ...(isLogged ? {} : { log: noLog }),
    ...(mayAdd && { mayAdd }),
    changed: () => {},
    moved: () => {},
  })
  rows.add(records)
  /** From now on nothing can be written. */
  const breakJournal = () => database.exec('PRAGMA query_only = ON')
  const repairJournal = () => database.exec('PRAGMA query_only = OFF')
  return { rows, store, environment, database, folder, breakJournal, repairJournal }
}
