import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
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
import { account, registeredRecord, uploadRecord, withVerification } from '../../support/records.ts'
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
