import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { failed, failure, success } from '../../../electron/contract/failures.ts'
import { createSchema, journalVersion } from '../../../electron/journal/schema.ts'
import { acknowledgedBytes, createPartsStore, type PartCount } from '../../../electron/journal/parts-store.ts'
import type { UploadState } from '../../../electron/journal/upload-record.ts'
import { createTestEnvironment, standingClock } from '../../support/hand-clock.ts'
import { multipartOpenState, registeredState, storedState, uploadRecord } from '../../support/records.ts'

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

/** A store that writes to a journal in memory, and what is executed there. */
function setup(isFlushed = true) {
  const database = new DatabaseSync(':memory:')
  onTestFinished(() => (database.isOpen ? database.close() : undefined))
  createSchema(database, journalVersion)
  const executed: string[] = []
  const exec = database.exec.bind(database)
  database.exec = (sql) => {
    executed.push(sql)
    exec(sql)
  }
  const flushLog = async () => (isFlushed ? success(undefined) : failed(failure('journal-full')))
  const write = (work: () => void) => success(work())
  const environment = createTestEnvironment(standingClock())
  return { database, executed, store: createPartsStore(database, { write, flushLog }, environment) }
}

test('checkpoints the log after every 300 parts of upload workers, once they are on the disk', async () => {
  const { store, executed } = setup()
  const flush = async (count: number) => {
    for (let part = 0; part < count; part += 1) await store.flush()
    return executed.length
  }
  expect([await flush(299), await flush(1), await flush(299), await flush(1)]).toEqual([0, 1, 1, 2])
  expect(executed[0]).toContain('wal_checkpoint')
  const failing = setup(false)
  for (let part = 0; part < 300; part += 1)
    expect(await failing.store.flush()).toMatchObject({ ok: false, failure: { code: 'journal-full' } })
  expect(failing.executed).toEqual([])
})

test('a flush that ends after the journal was closed succeeds without a checkpoint', async () => {
  const { store, database, executed } = setup()
  for (let part = 0; part < 299; part += 1) await store.flush()
  const flushed = store.flush()
  database.close()
  expect([await flushed, executed]).toEqual([success(undefined), []])
})
