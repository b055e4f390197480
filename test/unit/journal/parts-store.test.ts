import { statSync } from 'node:fs'
import { expect, onTestFinished, test } from 'vitest'
import { success, type Result } from '../../../electron/contract/failures.ts'
import { createLogFlush, logFileOf } from '../../../electron/journal/log-flush.ts'
import { createPartRecorder } from '../../../electron/journal/part-recorder.ts'
import { acknowledgedBytes, createPartsStore, type PartCount } from '../../../electron/journal/parts-store.ts'
import type { UploadState } from '../../../electron/journal/upload-record.ts'
import { createUploadStore } from '../../../electron/journal/upload-store.ts'
import { multipartOpenState, registeredState, storedState, uploadRecord } from '../../support/records.ts'
import { openTestJournal } from '../../support/test-journal.ts'

const inParts = multipartOpenState(400)
const counted = (count: number, lastNumber: number): PartCount => ({ count, lastNumber })

test.for<[string, UploadState, number, PartCount | undefined, number]>([
  ['that is queued', { kind: 'queued', started: true }, 1_000, counted(2, 2), 0],
  ['without parts', inParts, 1_000, undefined, 0],
  ['of a single part that is not acknowledged', inParts, 300, undefined, 0],
  ['with full parts', inParts, 1_000, counted(2, 2), 800],
  ['with its last, shorter part', inParts, 1_000, counted(2, 3), 600],
  ['with all parts', inParts, 1_000, counted(3, 3), 1_000],
  ['whose last part is full', inParts, 1_200, counted(1, 3), 400],
  ['that is stored', storedState(), 1_000, undefined, 1_000],
  ['that is registered', registeredState('m', 1), 1_000, undefined, 1_000],
])('storage has acknowledged so much of an upload %s', ([, state, sizeBytes, count, bytes]) => {
  const record = uploadRecord({ state })
  expect(acknowledgedBytes({ ...record, identity: { ...record.identity, sizeBytes } }, count)).toBe(bytes)
})

/** A journal whose parts are written by an upload worker, and the store of the main thread that flushes them. */
function setup(flushLog?: () => Promise<Result<void>>) {
  const { folder, database, environment } = openTestJournal()
  const record = uploadRecord({ state: inParts })
  createUploadStore(database, environment).add([record])
  const recordPart = createPartRecorder(folder)
  onTestFinished(() => recordPart.close())
  const logFile = logFileOf(database) ?? ''
  const write = (work: () => void) => success(work())
  const journal = { write, flushLog: flushLog ?? createLogFlush(logFile, environment) }
  const store = createPartsStore(database, journal, environment)
  let number = 0
  /** Records and flushes 1,000 parts; returns the size of the log. */
  async function sendParts(): Promise<number> {
    for (let round = 0; round < 100; round += 1) {
      const flushes = Array.from({ length: 10 }, () => {
        number += 1
        recordPart({ rowId: record.id, multipartId: 'u', number, etag: '"e"', checksum: 7 })
        return store.flush()
      })
      await Promise.all(flushes)
    }
    return statSync(logFile).size
  }
  return { store, record, sendParts }
}

test('the log stops growing while upload workers record parts', async () => {
  const { store, record, sendParts } = setup()
  const sizeBytes = await sendParts()
  expect(await sendParts()).toBeLessThan(1.5 * sizeBytes)
  expect(store.counts([record.id]).get(record.id)?.count).toBe(2_000)
})
