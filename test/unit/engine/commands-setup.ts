import { failure, type FailureCode } from '../../../electron/contract/failures.ts'
import { UploadCommands } from '../../../electron/engine/commands.ts'
import { createUndoHistory } from '../../../electron/intake/undo-history.ts'
import type { UploadRecord } from '../../../electron/journal/upload-record.ts'
import type { FileToInspect, Inspection } from '../../../electron/recognition/found-file.ts'
import { uploadRecord } from '../../support/records.ts'
import { rowsOnJournal } from '../../support/rows-on-journal.ts'
import { handQueue } from '../queue/hand-queue.ts'

/** Commands over a queue whose runs end only when the test ends them. */
export function setupCommands(
  inspect: (file: FileToInspect) => Promise<Inspection> = () =>
    Promise.reject(new Error('no file is inspected here')),
) {
  const departed = new Set<string>()
  const { rows, store, environment, database, breakJournal } = rowsOnJournal([], {
    mayAdd: (accountId) => !departed.has(accountId),
  })
  const { queue, run, started } = handQueue({ atOnce: 4 })
  const cleanups: string[] = []
  const forgotten: string[] = []
  const rejected: string[] = []
  const undo = createUndoHistory()
  const stopping = new AbortController()
  const commands = new UploadCommands({
    rows,
    queue,
    forget: (id) => forgotten.push(id),
    onAbandoned: () => cleanups.push('left behind'),
    inspect,
    onTypesEdited: () => {},
    undo,
    find: (id) => store.find(id),
    rejected: (ids) => rejected.push(...ids),
    now: environment.now,
    stopping: stopping.signal,
  })
  function add(given: Partial<UploadRecord> = {}): string {
    const record = uploadRecord(given)
    rows.add([record])
    return record.id
  }
  return {
    rows,
    queue,
    run,
    started,
    undo,
    clock: environment.clock,
    commands,
    rejected,
    cleanups,
    forgotten,
    departed,
    stopping,
    breakJournal,
    /**
     * Uploads can be changed, all or only one of them deleted, but no transaction with such a change is committed
     * until the returned function is called.
     */
    failCommits(event = 'UPDATE ON uploads') {
      database.exec(
        `CREATE TABLE missing (id PRIMARY KEY);
         CREATE TABLE broken (id REFERENCES missing DEFERRABLE INITIALLY DEFERRED);
         CREATE TRIGGER break AFTER ${event} BEGIN INSERT INTO broken VALUES (1); END`,
      )
      return () => database.exec('DROP TRIGGER break')
    },
    readPhase: (id: string) => store.find(id)?.phase,
    /** Adds 1,500 uploads, which are written in two groups. */
    addMany() {
      const records = Array.from({ length: 1_500 }, () => uploadRecord())
      rows.add(records)
      return records.map(({ id }) => id)
    },
    /** Counts the transactions of `work`. */
    countTransactions(work: () => void) {
      const { transaction } = store
      let count = 0
      store.transaction = (changes) => {
        count += 1
        return transaction(changes)
      }
      work()
      store.transaction = transaction
      return count
    },
    /** Returns a function that returns how many transactions were committed since; each flushes the disk. */
    commitCounter() {
      const exec = database.exec.bind(database)
      let count = 0
      database.exec = (sql) => {
        if (sql === 'COMMIT') count += 1
        exec(sql)
      }
      return () => count
    },
    add,
    addFailed(code: FailureCode, given: Partial<UploadRecord> = {}) {
      const id = add(given)
      rows.applyEvent(id, 'refuse', { failure: failure(code) })
      return id
    },
    addInReview: (given: Partial<UploadRecord> = {}) => add({ phase: 'review', ...given }),
    /** The phase of an upload and the code of its failure. */
    stateOf(id: string) {
      const row = rows.get(id)
      return row && [row.live.phase, row.record.failure?.code ?? null]
    },
    /** An upload whose disk is missing: outside the queue until the volume monitor queues it. */
    addAway() {
      const record = uploadRecord()
      rows.add([record])
      rows.applyEvent(record.id, 'begin')
      rows.applyEvent(record.id, 'trouble', { failure: failure('disk-missing', { folder: '/disk' }) })
      return record.id
    },
  }
}
