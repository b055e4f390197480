import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { success } from '../../../electron/contract/failures.ts'
import { openJournal } from '../../../electron/journal/journal-file.ts'
import { createWrite } from '../../../electron/journal/journal-write.ts'
import { createPartRecorder } from '../../../electron/journal/part-recorder.ts'
import { createUploadStore } from '../../../electron/journal/upload-store.ts'
import { createTestEnvironment, standingClock } from '../../support/hand-clock.ts'
import { uploadRecord } from '../../support/records.ts'

const multipart = { uploadId: 'u1', storageKey: 'k1', partSizeBytes: 5_242_880 }
const environment = createTestEnvironment(standingClock())

function setup() {
  const folder = mkdtempSync(join(tmpdir(), 'modelferry-write-'))
  const { database } = openJournal(folder, 0)
  onTestFinished(() => {
    database.close()
    rmSync(folder, { recursive: true })
  })
  const store = createUploadStore(database, environment)
  const record = uploadRecord({ state: { kind: 'multipart-open', multipart } })
  store.add([record])
  return { folder, database, store, record }
}

const setChoice = (database: DatabaseSync) => () =>
  void database.exec("INSERT OR REPLACE INTO choices (name, value) VALUES ('a', 'b')")

test('an upload worker records a part while the disk is flushed for the main thread', () => {
  const { folder, database, store, record } = setup()
  const recordPart = createPartRecorder(folder)
  const recorded: boolean[] = []
  const write = createWrite(database, environment, {
    flush: () =>
      recorded.push(recordPart({ rowId: record.id, multipartId: 'u1', number: 1, etag: '"e"', checksum: 7 })),
  })
  expect(write(setChoice(database))).toEqual(success(undefined))
  expect(recorded).toEqual([true])
  expect(store.parts.list(record.id)).toHaveLength(1)
})

test('a change is flushed after its transaction, and one that need not survive a power failure is not', () => {
  const { database } = setup()
  const flushed: boolean[] = []
  const flush = () => void flushed.push(database.isTransaction)
  const write = createWrite(database, environment, { flush })
  write(setChoice(database))
  expect(flushed).toEqual([false])
  write(() => write(setChoice(database)))
  expect(flushed).toEqual([false, false])
  createWrite(database, environment, { flush, isFlushed: false })(setChoice(database))
  expect(flushed).toHaveLength(2)
})

test('a change whose flush fails is a failure, and its repetition succeeds', () => {
  const { database } = setup()
  const answers = [Object.assign(new Error('full'), { code: 'ENOSPC' }), new Error('broken'), null]
  const write = createWrite(database, environment, {
    flush() {
      const error = answers.shift()
      if (error) throw error
    },
  })
  expect(write(setChoice(database))).toMatchObject({ failure: { code: 'journal-full' } })
  expect(write(setChoice(database))).toMatchObject({ failure: { code: 'journal-trouble' } })
  expect(write(setChoice(database))).toEqual(success(undefined))
})

test('SQLite flushes each transaction itself if the journal has no log', () => {
  const { database } = setup()
  database.exec('PRAGMA journal_mode = DELETE')
  const levels: unknown[] = []
  const write = createWrite(database, environment, { flush: () => expect.unreachable() })
  write(() => void levels.push(database.prepare('PRAGMA synchronous').get()?.['synchronous']))
  // 2 is FULL (sqlite.org/pragma.html#pragma_synchronous).
  expect(levels).toEqual([2])
})
