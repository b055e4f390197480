import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { success } from '../../../electron/contract/failures.ts'
import { journalFile, openJournal } from '../../../electron/journal/journal-file.ts'
import { createLogFlush } from '../../../electron/journal/log-flush.ts'
import { createPartRecorder } from '../../../electron/journal/part-recorder.ts'
import { createUploadStore } from '../../../electron/journal/upload-store.ts'
import { createTestEnvironment, standingClock } from '../../support/hand-clock.ts'
import { registeredState, uploadRecord } from '../../support/records.ts'

const multipart = { uploadId: 'u1', storageKey: 'k1', partSizeBytes: 5_242_880 }
const environment = createTestEnvironment(standingClock())

/** A journal with an upload in parts, and a second connection to it that records parts. */
function setup() {
  const folder = mkdtempSync(join(tmpdir(), 'modelferry-recorder-'))
  const { database } = openJournal(folder, 0)
  onTestFinished(() => {
    database.close()
    rmSync(folder, { recursive: true })
  })
  const store = createUploadStore(database, environment)
  const record = uploadRecord({ state: { kind: 'multipart-open', multipart } })
  store.add([record])
  const { clock } = environment
  const recordPart = createPartRecorder(folder, clock.now)
  const part = { rowId: record.id, multipartId: 'u1', number: 1, etag: '"e"', checksum: 7 }
  return { folder, database, clock, store, record, recordPart, part }
}

test('records a part of the upload that is open in storage', async () => {
  const { store, record, recordPart, part } = setup()
  expect(recordPart(part)).toBe(true)
  expect(recordPart({ ...part, etag: '"later"' })).toBe(true)
  expect(store.parts.list(record.id)).toEqual([{ number: 1, etag: '"later"', checksum: 7 }])
  expect(await store.parts.flush()).toEqual(success(undefined))
})

test('records no part of an upload that was restarted, removed or registered meanwhile', () => {
  const { store, record, recordPart, part } = setup()
  store.save([{ ...record, state: { kind: 'multipart-open', multipart: { ...multipart, uploadId: 'u2' } } }])
  expect(recordPart(part)).toBe(false)
  const state = { ...registeredState('m', 1), multipart }
  store.save([{ ...record, phase: 'registered', state }])
  expect(recordPart(part)).toBe(false)
  store.save([{ ...record, state: { kind: 'queued', started: false } }])
  expect(recordPart(part)).toBe(false)
  store.remove([record.id])
  expect(recordPart(part)).toBe(false)
  expect(store.parts.counts([record.id]).size).toBe(0)
})

test('leaves a part to the main thread if the journal cannot be opened', () => {
  const { folder, part } = setup()
  expect(createPartRecorder(join(folder, 'missing'))(part)).toBe(false)
})

test('leaves parts to the main thread for a second after the journal was locked', () => {
  const { database, clock, store, record, recordPart, part } = setup()
  database.exec('BEGIN IMMEDIATE')
  expect(recordPart(part)).toBe(false)
  database.exec('COMMIT')
  clock.advance(999)
  expect(recordPart(part)).toBe(false)
  clock.advance(1)
  expect(recordPart({ ...part, number: 2 })).toBe(true)
  expect(store.parts.list(record.id).map(({ number }) => number)).toEqual([2])
})

test('leaves parts to the main thread for ten seconds after the journal could not be written', () => {
  const { database, clock, store, record, recordPart, part } = setup()
  database.exec(`CREATE TRIGGER refuse BEFORE INSERT ON parts BEGIN SELECT RAISE(ABORT, 'disk'); END`)
  expect(recordPart(part)).toBe(false)
  database.exec('DROP TRIGGER refuse')
  clock.advance(9_999)
  expect(recordPart(part)).toBe(false)
  clock.advance(1)
  expect(recordPart({ ...part, number: 2 })).toBe(true)
  expect(store.parts.list(record.id).map(({ number }) => number)).toEqual([2])
})

test('flushes of a log during another one share the next one and its result', async () => {
  const { folder } = setup()
  const file = `${journalFile(join(folder, 'later'))}-wal`
  const flush = createLogFlush(file, environment)
  const failures = () => environment.lines.filter(({ message }) => message.includes('flushed')).length
  const before = failures()
  const first = flush()
  await Promise.resolve()
  const others = [flush(), flush()]
  expect([await first, ...(await Promise.all(others))].map(({ ok }) => ok)).toEqual([false, false, false])
  expect(failures() - before).toBe(2)
  mkdirSync(join(folder, 'later'))
  writeFileSync(file, '')
  expect(await flush()).toEqual(success(undefined))
})

test('a part is flushed even if the log cannot be checkpointed', async () => {
  const { database, store } = setup()
  // SQLite refuses a checkpoint within a transaction.
  database.exec('BEGIN IMMEDIATE')
  const errorsAfter = async (parts: number) => {
    const before = environment.lines.length
    for (let part = 0; part < parts; part += 1) expect(await store.parts.flush()).toEqual(success(undefined))
    return environment.lines.slice(before)
  }
  const error = { level: 'error', message: 'the journal could not be checkpointed' }
  // Each 300 parts.
  expect(await errorsAfter(299)).toEqual([])
  expect(await errorsAfter(1)).toMatchObject([error])
  expect(await errorsAfter(299)).toEqual([])
  expect(await errorsAfter(1)).toMatchObject([error])
  database.exec('ROLLBACK')
})
