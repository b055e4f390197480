import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { failure } from '../../../electron/contract/failures.ts'
import { UploadCommands } from '../../../electron/engine/commands.ts'
import { createUndoHistory } from '../../../electron/intake/undo-history.ts'
import { openJournal } from '../../../electron/journal/journal-file.ts'
import { Rows } from '../../../electron/journal/rows.ts'
import type { UploadRecord } from '../../../electron/journal/upload-record.ts'
import { createUploadStore } from '../../../electron/journal/upload-store.ts'
import type { FileToInspect, Inspection } from '../../../electron/recognition/found-file.ts'
import { standingClock, createTestEnvironment } from '../../support/hand-clock.ts'
import { uploadRecord, noLog } from '../../support/records.ts'
import { handQueue } from '../queue/hand-queue.ts'

/** Commands over a queue whose runs end only when the test ends them. */
export function setupCommands(
  inspect: (file: FileToInspect) => Promise<Inspection> = () =>
    Promise.reject(new Error('nothing is looked at here')),
) {
  const folder = mkdtempSync(join(tmpdir(), 'modelferry-commands-'))
  const environment = createTestEnvironment(standingClock())
  const { database } = openJournal(folder, 0)
  const store = createUploadStore(database, 'me', environment)
  const departed = new Set<string>()
  const rows = new Rows({
    store,
    log: noLog,
    environment,
    changed: () => {},
    moved: () => {},
    mayAdd: (accountId) => !departed.has(accountId),
  })
  onTestFinished(() => {
    database.close()
    rmSync(folder, { recursive: true })
  })
  const { queue, run, started } = handQueue({ atOnce: 4 })
  const cleanups: string[] = []
  const forgotten: string[] = []
  const rejected: string[] = []
  const undo = createUndoHistory()
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
  })
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
    breakJournal: () => database.exec('PRAGMA query_only = ON'),
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
    add(given: Partial<UploadRecord> = {}) {
      const record = uploadRecord(given)
      rows.add([record])
      return record.id
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
