import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { journalProblemOf, openJournal } from '../../../electron/journal/journal-file.ts'
import { sqliteCode } from '../../../electron/platform/files/sqlite-code.ts'
import { createSchema, journalVersion, migrate, NewerJournalError } from '../../../electron/journal/schema.ts'
import { createUploadStore } from '../../../electron/journal/upload-store.ts'
import { OtherOwnerError } from '../../../electron/platform/files/data-folder.ts'
import { standingClock, createTestEnvironment } from '../../support/hand-clock.ts'
import { createOldJournal, insertIntoOldJournal } from '../../support/old-journal.ts'
import { multipartOpenState, registeredRecord, uploadRecord } from '../../support/records.ts'
import { unfinishedIn } from '../../support/rows-on-journal.ts'

const nowMs = Date.UTC(2026, 4, 6, 7, 8, 9)

function setup() {
  const parent = mkdtempSync(join(tmpdir(), 'modelferry-journal-'))
  const folder = join(parent, 'not', 'yet', 'there')
  const opened: DatabaseSync[] = []
  onTestFinished(() => {
    for (const database of opened) if (database.isOpen) database.close()
    rmSync(parent, { recursive: true })
  })
  return {
    folder,
    file: join(folder, 'journal.sqlite'),
    open() {
      const journal = openJournal(folder, nowMs)
      opened.push(journal.database)
      return journal
    },
  }
}

const versionOf = (database: DatabaseSync) =>
  Number(database.prepare('PRAGMA user_version').get()?.['user_version'])
const storeOn = (database: DatabaseSync) =>
  createUploadStore(database, createTestEnvironment(standingClock()))

test('the first start creates the folder for its owner only and an empty journal', () => {
  const { folder, open } = setup()
  const { database, damagedFile } = open()
  expect([damagedFile, unfinishedIn(storeOn(database))]).toEqual([null, []])
  expect(statSync(folder).mode & 0o777).toBe(process.platform === 'win32' ? 0o666 : 0o700)
})

test.skipIf(process.platform === 'win32')('the journal and its log can be read by their owner only', () => {
  const { file, open } = setup()
  storeOn(open().database)
  const modes = [file, `${file}-wal`, `${file}-shm`].map((path) => statSync(path).mode & 0o777)
  expect(modes).toEqual([0o600, 0o600, 0o600])
})

test('two processes create the journal at the same time', () => {
  const { file, folder } = setup()
  mkdirSync(folder, { recursive: true })
  const first = new DatabaseSync(file)
  const second = new DatabaseSync(file)
  onTestFinished(() => [first, second].forEach((database) => database.close()))
  const exec = second.exec.bind(second)
  // The first process migrates after the second one has read the version, and before it has the lock.
  second.exec = (sql) => {
    if (sql === 'BEGIN IMMEDIATE') migrate(first)
    exec(sql)
  }
  migrate(second)
  expect(versionOf(second)).toBe(journalVersion)
})

test('a journal of the first version is brought up to date and keeps its uploads', () => {
  const { file, folder, open } = setup()
  mkdirSync(folder, { recursive: true })
  const old = new DatabaseSync(file)
  old.exec(readFileSync(join(import.meta.dirname, 'journal-1.sql'), 'utf8'))
  const record = uploadRecord()
  const done = registeredRecord()
  insertIntoOldJournal(old, [record, done])
  old.close()
  const { database, damagedFile } = open()
  const store = storeOn(database)
  expect([unfinishedIn(store), damagedFile, versionOf(database)]).toEqual([[record], null, journalVersion])
  // Registered before records were verified: that is neither claimed nor asked for now.
  expect([store.history({ limit: 5 }), store.unverified()]).toEqual([[done], []])
})

/** The last version of which several processes shared a journal. */
const sharedVersion = 19

test('what waited or failed because of another process waits for nothing after the migration', () => {
  const { file, open } = setup()
  const stopped = ['waiting', 'failed', 'failed'].map((phase) => uploadRecord({ phase: phase as 'failed' }))
  const old = createOldJournal(file, sharedVersion, stopped)
  const setFailure = old.prepare('UPDATE uploads SET failure = ? WHERE id = ?')
  for (const [index, code] of ['other-process', 'other-process', 'file-empty'].entries())
    setFailure.run(JSON.stringify({ code, params: {} }), stopped[index]?.id ?? '')
  old.close()
  const left = unfinishedIn(storeOn(open().database))
  expect(left.map(({ phase, failure }) => [phase, failure?.code])).toEqual([
    ['waiting', undefined],
    ['waiting', undefined],
    ['failed', 'file-empty'],
  ])
})

test('of uploads that share a multipart upload, the one with most parts keeps it after the migration', () => {
  const { file, open } = setup()
  const shared = multipartOpenState(5_242_880)
  const finished = { ...shared.multipart, uploadId: 'finished' }
  const [fewer, most, none, left] = [
    uploadRecord({ state: shared }),
    uploadRecord({ state: shared }),
    uploadRecord({ state: shared, phase: 'paused' }),
    uploadRecord({ state: { ...shared, multipart: finished } }),
  ]
  const old = createOldJournal(file, sharedVersion, [
    fewer,
    most,
    none,
    left,
    registeredRecord({ multipart: finished }),
  ])
  const addPart = old.prepare("INSERT INTO parts (upload, number, etag, checksum) VALUES (?, ?, '', 0)")
  for (const [id, number] of [
    [fewer.id, 1],
    [most.id, 1],
    [most.id, 2],
    [left.id, 1],
  ] as const)
    addPart.run(id, number)
  old.close()
  const store = storeOn(open().database)
  const queued = { kind: 'queued', started: false } as const
  const others = [fewer, none, left].map((record) => ({ ...record, state: queued }))
  expect(unfinishedIn(store)).toEqual(expect.arrayContaining([most, ...others]))
  expect([fewer, most, none, left].map(({ id }) => store.parts.list(id).length)).toEqual([0, 2, 0, 0])
  store.remove(others.map(({ id }) => id))
  expect(store.abandonedUploads()).toEqual([])
})

test('is not migrated while a version that shares journals has it open', () => {
  const { file, open } = setup()
  const old = createOldJournal(file, sharedVersion, [])
  old.exec('PRAGMA journal_mode = WAL; SELECT count(*) FROM uploads')
  expect(journalProblemOf(thrownBy(open))).toBe('older-running')
  expect(versionOf(old)).toBe(sharedVersion)
  old.close()
  expect(versionOf(open().database)).toBe(journalVersion)
})

test('a migration that fails changes nothing', () => {
  const database = new DatabaseSync(':memory:')
  onTestFinished(() => database.close())
  createSchema(database, journalVersion - 1)
  // The last step of the migration doesn't find its table.
  database.exec('DROP TABLE runners')
  const contentOf = () => database.prepare('SELECT sql FROM sqlite_schema ORDER BY name').all()
  const before = contentOf()
  expect(() => migrate(database)).toThrow('no such table: runners')
  expect([contentOf(), versionOf(database), database.isTransaction]).toEqual([
    before,
    journalVersion - 1,
    false,
  ])
  // 0 is DEFAULT (sqlite.org/pragma.html#pragma_temp_store).
  expect(database.prepare('PRAGMA temp_store').get()).toEqual({ temp_store: 0 })
  database.exec('CREATE TABLE runners (id TEXT PRIMARY KEY)')
  migrate(database)
  expect(versionOf(database)).toBe(journalVersion)
})

test('a journal of a newer version is not changed', () => {
  const { file, folder, open } = setup()
  const { database } = open()
  database.exec('PRAGMA user_version = 999; PRAGMA wal_checkpoint(TRUNCATE)')
  database.close()
  const before = readFileSync(file)
  expect(open).toThrow(NewerJournalError)
  expect(readFileSync(file).equals(before)).toBe(true)
  expect(readdirSync(folder)).toEqual(['journal.sqlite'])
})

function thrownBy(work: () => unknown): unknown {
  try {
    work()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

test('classifies why the journal can’t be opened', () => {
  const { folder, open } = setup()
  const { database } = open()
  database.exec('PRAGMA max_page_count = 1')
  const full = thrownBy(() => database.exec('CREATE TABLE filler AS SELECT zeroblob(1000000)'))
  const notThere = thrownBy(() => new DatabaseSync(join(folder, 'no', 'such', 'folder', 'journal.sqlite')))
  database.close()
  const [noRoom, overQuota, ...readOnly] = ['ENOSPC', 'EDQUOT', 'EACCES', 'EPERM', 'EROFS'].map((code) =>
    Object.assign(new Error('mkdir'), { code }),
  )
  const notOurs = new OtherOwnerError('root')
  expect([overQuota, notOurs, ...readOnly].map(journalProblemOf)).toEqual([
    'full',
    'other-owner',
    'not-writable',
    'not-writable',
    'not-writable',
  ])
  const reasons = [full, noRoom, notThere, new NewerJournalError('version 999'), new Error('odd')]
  expect(reasons.map(journalProblemOf)).toEqual(['full', 'full', 'not-writable', 'newer', 'other'])
})

test.each<[string, (whole: Buffer) => Buffer]>([
  [
    'that is no database',
    () => Buffer.from('this was never a journal, but it is longer than a header of SQLite is. '.repeat(9)),
  ],
  [
    'with a damaged page',
    (whole) => Buffer.concat([whole.subarray(0, 4096), Buffer.alloc(whole.length - 4096, 0xa5)]),
  ],
  ['that was cut short', (whole) => whole.subarray(0, 5_000)],
])('a journal %s is renamed and a new one is created', (_name, damage) => {
  const { file, folder, open } = setup()
  const { database: first } = open()
  storeOn(first).add(Array.from({ length: 50 }, () => uploadRecord()))
  first.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  first.close()
  const damaged = damage(readFileSync(file))
  writeFileSync(file, damaged)

  const { database, damagedFile } = open()
  const record = uploadRecord()
  const store = storeOn(database)
  store.add([record])
  expect(unfinishedIn(store)).toEqual([record])
  expect(damagedFile).toBe(`${file}.damaged-2026-05-06T07-08-09-000Z`)
  expect(readFileSync(damagedFile ?? '').equals(damaged)).toBe(true)
  expect(readdirSync(folder).filter((name) => name.includes('damaged'))).toHaveLength(1)
})

test('a journal whose rows break the rules of its tables is renamed', () => {
  const { file, open } = setup()
  const { database: first } = open()
  storeOn(first).add([uploadRecord()])
  first.exec("PRAGMA ignore_check_constraints = ON; UPDATE uploads SET phase = 'odd'")
  first.close()
  const { database, damagedFile } = open()
  expect(damagedFile).toBe(`${file}.damaged-2026-05-06T07-08-09-000Z`)
  expect(database.prepare('SELECT count(*) AS count FROM uploads').get()).toEqual({ count: 0 })
})

test('a damaged journal that another process has open keeps its last commits', () => {
  const { open } = setup()
  const { database: other } = open()
  other.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  storeOn(other).add([uploadRecord()])
  other.exec("PRAGMA ignore_check_constraints = ON; UPDATE uploads SET phase = 'odd'")
  const { database, damagedFile } = open()
  expect(database.prepare('SELECT phase FROM uploads').all()).toEqual([])
  const damaged = new DatabaseSync(damagedFile ?? '')
  expect(damaged.prepare('SELECT phase FROM uploads').all()).toEqual([{ phase: 'odd' }])
  damaged.close()
})

test('a journal without permission to write is a problem of its folder', () => {
  const { database } = setup().open()
  database.exec('PRAGMA query_only = ON')
  const error = thrownBy(() => database.exec("INSERT INTO choices VALUES ('a', 'b')"))
  expect([journalProblemOf(error), sqliteCode(error)]).toEqual(['not-writable', 8])
})

test('waits for the lock of another process', () => {
  const { open } = setup()
  const [one, other] = [open().database, open().database]
  const [first, second] = [storeOn(one), storeOn(other)]
  first.add([uploadRecord()])
  expect(second.add([uploadRecord()])).toMatchObject({ ok: true })
  expect(Number(other.prepare('PRAGMA busy_timeout').get()?.['timeout'])).toBeGreaterThanOrEqual(1_000)
})
