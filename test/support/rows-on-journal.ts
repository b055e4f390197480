import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { openJournal } from '../../electron/journal/journal-file.ts'
import type { UploadRecord } from '../../electron/journal/upload-record.ts'
import { Rows } from '../../electron/journal/rows.ts'
import { createUploadStore } from '../../electron/journal/upload-store.ts'
import { standingClock, createTestEnvironment } from './hand-clock.ts'

/** Rows with their own journal, in a folder that is removed after the test. */
export function rowsOnJournal(records: readonly UploadRecord[] = []) {
  const folder = mkdtempSync(join(tmpdir(), 'modelferry-rows-'))
  const environment = createTestEnvironment(standingClock())
  const { database } = openJournal(folder, 0)
  onTestFinished(() => {
    database.close()
    rmSync(folder, { recursive: true })
  })
  const store = createUploadStore(database, 'me', environment)
  const rows = new Rows({
    store,
    environment,
    changed: () => {},
    moved: () => {},
  })
  rows.add(records)
  /** From now on nothing can be written. */
  const breakJournal = () => database.exec('PRAGMA query_only = ON')
  return { rows, store, environment, folder, breakJournal }
}
