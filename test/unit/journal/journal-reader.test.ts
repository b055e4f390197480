import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { success } from '../../../electron/contract/failures.ts'
import type { Verification } from '../../../electron/contract/verification.ts'
import { createAccountStore, createStoredChoices } from '../../../electron/journal/account-store.ts'
import { journalFile } from '../../../electron/journal/journal-file.ts'
import { readJournal, readUploadLogs } from '../../../electron/journal/journal-reader.ts'
import type { UploadRecord } from '../../../electron/journal/upload-record.ts'
import { createSchema } from '../../../electron/journal/schema.ts'
import { createUploadStore } from '../../../electron/journal/upload-store.ts'
import { valueOf } from '../../support/engine.ts'
import {
  account,
  multipartOpenState,
  registeredRecord,
  uploadRecord,
  withVerification,
} from '../../support/records.ts'
import { openTestJournal } from '../../support/test-journal.ts'

const departed = account('bob', { state: 'signed-out', hasLeft: true })
const ofBob = { accountId: departed.id }

/** A journal with these uploads, of a process that is or isn't alive. */
function setup(records: readonly UploadRecord[]) {
  const { folder, database, environment } = openTestJournal()
  createAccountStore(database, environment).save(account('alice'), departed)
  const store = createUploadStore(database, 'runner', environment)
  store.add(records)
  return {
    folder,
    database,
    store,
    choices: createStoredChoices(database, environment),
    summary: () => valueOf(readJournal(folder)),
  }
}

test('there is no summary without a journal, or while another process creates it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'modelferry-reader-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  expect([readJournal(folder), readUploadLogs(folder, 'a')]).toEqual([success(null), success([])])
  new DatabaseSync(journalFile(folder)).close()
  expect([readJournal(folder), readUploadLogs(folder, 'a')]).toEqual([success(null), success([])])
})

test('a journal that is damaged or of a newer version is a failure', () => {
  const { folder, database } = setup([])
  database.exec('PRAGMA user_version = 999')
  const trouble = {
    ok: false,
    failure: { code: 'journal-trouble', detail: expect.stringContaining('version 999') as string },
  }
  expect([readJournal(folder), readUploadLogs(folder, 'a')]).toMatchObject([trouble, trouble])
  const damaged = mkdtempSync(join(tmpdir(), 'modelferry-reader-'))
  onTestFinished(() => rmSync(damaged, { recursive: true }))
  writeFileSync(journalFile(damaged), 'no database, but more than a hundred bytes of text'.repeat(30))
  expect(readJournal(damaged)).toMatchObject({ ok: false, failure: { code: 'journal-trouble' } })
})

test('migrates a journal of an older version, as after an update', () => {
  const folder = mkdtempSync(join(tmpdir(), 'modelferry-reader-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const old = new DatabaseSync(journalFile(folder))
  createSchema(old, 1)
  old.exec("INSERT INTO choices VALUES ('all-paused', 'yes')")
  old.close()
  expect(readJournal(folder)).toMatchObject({ ok: true, value: { allPaused: true } })
  expect(readUploadLogs(folder, 'a')).toEqual(success([]))
})

test('lists unfinished uploads in their order with what storage has, and who runs them', () => {
  const inParts = uploadRecord({ position: 2, state: multipartOpenState(1_000_000_000) })
  const first = uploadRecord({ position: 1 })
  const { database, store, summary } = setup([inParts, first, registeredRecord(), uploadRecord(ofBob)])
  for (const number of [1, 7]) store.parts.add(inParts.id, { number, etag: '"e"', checksum: 1 })
  // The last part has only 800 MB.
  const expected = [
    { record: first, acknowledgedBytes: 0, acknowledgedParts: 0, runByPid: null },
    { record: inParts, acknowledgedBytes: 1_800_000_000, acknowledgedParts: 2, runByPid: null },
  ]
  expect(summary()?.unfinished).toEqual(expected)
  database.prepare('UPDATE runners SET pid = ?').run(process.ppid)
  expect(summary()?.unfinished.map(({ runByPid }) => runByPid)).toEqual([process.ppid, process.ppid])
})

test('counts what is in the library, and lists what differs there, latest first', () => {
  const verified = (verification: Verification, finishedAtMs: number) => {
    const record = withVerification(verification)
    return { ...record, state: { ...record.state, finishedAtMs } }
  }
  const notVerified = (reason: 'missing' | 'timed-out', atMs: number) =>
    verified({ kind: 'not-verified', reason, isFinal: true, atMs }, atMs)
  const [missing, differing] = [
    notVerified('missing', 1),
    verified({ kind: 'differs', differences: [], atMs: 2 }, 2),
  ]
  const others = [verified({ kind: 'verified', atMs: 3 }, 3), notVerified('timed-out', 4), registeredRecord()]
  const hidden = [
    { ...differing, ...uploadRecord(ofBob), phase: 'registered' as const, state: differing.state },
  ]
  const { summary } = setup([missing, differing, ...others, ...hidden, uploadRecord()])
  expect(summary()).toMatchObject({ registeredCount: 5, verifiedCount: 1 })
  expect(summary()?.differing.map(({ id }) => id)).toEqual([differing.id, missing.id])
})

test('shows nothing of a user who has signed out', () => {
  const { summary, store, choices } = setup([])
  const abandoned = { storageKey: 'k', teamId: 't' }
  store.addAbandoned({ ...abandoned, uploadId: 'u1', accountId: 'cloud.example alice' })
  store.addAbandoned({ ...abandoned, uploadId: 'u2', accountId: departed.id })
  expect(summary()).toMatchObject({ abandonedCount: 1, allPaused: false, accounts: [{ personId: 'alice' }] })
  expect(summary()?.accounts).toHaveLength(1)
  choices.set('all-paused', 'yes')
  expect(summary()?.allPaused).toBe(true)
})

test('reads the logs of an upload by its id, or of all files with a name, latest first', () => {
  const named = (id: string, addedAtMs: number, given: Partial<UploadRecord> = {}) =>
    uploadRecord({ id, fileName: 'a.safetensors', addedAtMs, ...given })
  // One file is called like the id of another upload.
  const records = [
    named('first', 1),
    named('second', 2),
    named('theirs', 3, ofBob),
    named('x', 4, { fileName: 'first' }),
  ]
  const { folder, store } = setup(records)
  store.logs.append('first', { kind: 'event', event: { event: 'checking', atMs: 5 } })
  store.logs.flush()
  const read = (idOrName: string) =>
    valueOf(readUploadLogs(folder, idOrName)).map(({ record, log }) => [record.id, log.events.length])
  expect(read('first')).toEqual([['first', 1]])
  expect(read('a.safetensors')).toEqual([
    ['second', 0],
    ['first', 1],
  ])
  expect([read('theirs'), read('unknown')]).toEqual([[], []])
})
