import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { openJournal } from '../../../electron/journal/journal-file.ts'
import { createUploadedPathFinder } from '../../../electron/journal/history-store.ts'
import { createUploadStore } from '../../../electron/journal/upload-store.ts'
import { standingClock, createTestEnvironment } from '../../support/hand-clock.ts'
import { valueOf } from '../../support/engine.ts'
import {
  registeredRecord,
  uploadRecord,
  multipartOpenState,
  registeredState,
  storedState,
  withVerification,
} from '../../support/records.ts'

/** A journal that can be opened repeatedly, as by several starts of the app. */
function setup() {
  const folder = mkdtempSync(join(tmpdir(), 'modelferry-store-'))
  const environment = createTestEnvironment(standingClock())
  const open: { close(): void }[] = []
  onTestFinished(() => {
    for (const { close } of open) close()
    rmSync(folder, { recursive: true })
  })
  function start(runner: string) {
    const { database } = openJournal(folder, 0)
    const store = createUploadStore(database, runner, environment)
    open.push({ close: () => database.isOpen && database.close() })
    return { store, database, crash: () => database.close() }
  }
  return { start, environment, folder }
}

const ids = (records: readonly { readonly id: string }[]) => records.map(({ id }) => id)

test('acknowledged changes are there after the process has ended', () => {
  const { start } = setup()
  const waiting = uploadRecord()
  const done = registeredRecord()
  const first = start('first')
  expect(first.store.add([waiting, done])).toEqual({ ok: true, value: undefined })
  first.store.save([{ ...waiting, phase: 'paused', position: -3 }])
  first.crash()
  const { store } = start('second')
  expect(valueOf(store.claimQueue())).toEqual([{ ...waiting, phase: 'paused', position: -3 }])
  expect(store.history({ limit: 10 })).toEqual([done])
  expect(store.find(done.id)).toEqual(done)
})

test('without a log, what is flushed later is flushed with its transaction', () => {
  const { start, environment } = setup()
  const { store: first, database, crash } = start('one')
  const record = uploadRecord()
  first.add([record])
  const levels: unknown[] = []
  database.function('note', () => {
    levels.push(database.prepare('PRAGMA synchronous').get()?.['synchronous'])
    return null
  })
  database.exec('CREATE TEMP TRIGGER noting AFTER UPDATE ON uploads BEGIN SELECT note(); END')
  first.save([record], { isFlushed: false })
  database.exec('PRAGMA journal_mode = DELETE')
  createUploadStore(database, 'one', environment).save([record], { isFlushed: false })
  // 1 is NORMAL and 2 is FULL (sqlite.org/pragma.html#pragma_synchronous).
  expect(levels).toEqual([1, 2])
  crash()
})

test('a full disk has its own failure and nothing is written', () => {
  const { start } = setup()
  const { store, database } = start('one')
  const pages = Number(database.prepare('PRAGMA page_count').get()?.['page_count'])
  database.exec(`PRAGMA max_page_count = ${pages + 2}`)
  const many = Array.from({ length: 200 }, () => uploadRecord())
  expect(store.add(many)).toMatchObject({ ok: false, failure: { code: 'journal-full' } })
  expect([valueOf(store.claimQueue()), database.isTransaction]).toEqual([[], false])
  database.exec('PRAGMA max_page_count = 100000')
  expect(store.add(many)).toMatchObject({ ok: true })
  expect(valueOf(store.claimQueue())).toHaveLength(200)
})

test('an upload is in the queue or in the history, never in both', () => {
  const { start } = setup()
  const { store } = start('one')
  const record = uploadRecord()
  store.add([record])
  expect([ids(valueOf(store.claimQueue())), ids(store.history({ limit: 9 }))]).toEqual([[record.id], []])
  store.save([{ ...record, phase: 'registered', state: registeredState('m', 5) }])
  expect([ids(valueOf(store.claimQueue())), ids(store.history({ limit: 9 }))]).toEqual([[], [record.id]])
  expect(store.save([{ ...record, phase: 'registered', state: storedState() }])).toMatchObject({
    ok: false,
    failure: { code: 'journal-trouble' },
  })
})

/** Removes the columns that versions after 14 have added. */
const dropNewColumns = (database: DatabaseSync) =>
  database.exec(
    `ALTER TABLE runners DROP COLUMN boot; ALTER TABLE watched_folders DROP COLUMN root_id;
     ALTER TABLE uploads DROP COLUMN ctime_ns; ALTER TABLE hashes DROP COLUMN ctime_ns`,
  )

test('a journal of version 14 is migrated, and finds files by their model except a damaged row', () => {
  const { start } = setup()
  const { store, database, crash } = start('one')
  const group = { key: 'k1', name: 'Flux', kind: 'shards', root: '/models', within: [] } as const
  const seen = { place: '/models', target: uploadRecord().target, group }
  const [part, damaged] = [registeredRecord({ seen }), registeredRecord({ seen })]
  store.add([part, damaged])
  // As written by a version without the index on the keys.
  database.exec(
    'DROP INDEX uploads_by_model; DROP INDEX uploads_by_group; DROP INDEX uploads_by_name; DROP INDEX uploads_wrong',
  )
  dropNewColumns(database)
  database.prepare('UPDATE uploads SET seen = ? WHERE id = ?').run('{', damaged.id)
  database.exec('PRAGMA user_version = 14')
  crash()
  const { store: migrated } = start('two')
  expect(ids(migrated.registeredFilesOf('k1'))).toEqual([part.id])
})

test.each([
  ['AND model_id = ?', 'uploads_by_model'],
  ['group.key', 'uploads_by_group'],
  ['lower(file_name)', 'uploads_by_name'],
])('a query by %s does not read the whole history', (part, index) => {
  const { start } = setup()
  const { database } = start('one')
  const queries: string[] = []
  const prepare = database.prepare.bind(database)
  database.prepare = (sql) => {
    if (sql.startsWith('SELECT') && sql.includes(part)) queries.push(sql)
    return prepare(sql)
  }
  createUploadedPathFinder(database)
  createUploadStore(database, 'two', createTestEnvironment(standingClock()))
  const plans = queries.map((sql) => JSON.stringify(prepare(`EXPLAIN QUERY PLAN ${sql}`).all('')))
  expect(plans).toEqual([expect.stringContaining(`USING INDEX ${index}`)])
})

/** Starts another process that lives until `end` is called. */
async function startOtherProcess() {
  const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'], {
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  await once(child, 'spawn')
  return {
    pid: child.pid ?? 0,
    async end() {
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
}

test('rows are claimed only after their process has ended', async () => {
  const { start } = setup()
  const other = await startOtherProcess()
  const theirs = start('theirs')
  const record = uploadRecord()
  theirs.store.add([record])
  theirs.database.prepare('UPDATE runners SET pid = ?').run(other.pid)
  theirs.crash()

  const { store } = start('ours')
  expect(valueOf(store.claimQueue())).toEqual([])
  await other.end()
  expect(valueOf(store.claimQueue())).toEqual([record])
})

test('rows of a closed process are claimed by the next', async () => {
  const { start } = setup()
  const other = await startOtherProcess()
  const theirs = start('theirs')
  const record = uploadRecord()
  theirs.store.add([record])
  theirs.database.prepare('UPDATE runners SET pid = ?').run(other.pid)
  theirs.store.close()
  expect(valueOf(start('ours').store.claimQueue())).toEqual([record])
})

test('two runners of one journal share no rows', async () => {
  const { start } = setup()
  const other = await startOtherProcess()
  const [a, b] = [start('a'), start('b')]
  a.database.prepare("UPDATE runners SET pid = ? WHERE id = 'a'").run(other.pid)
  b.database.prepare("UPDATE runners SET pid = ? WHERE id = 'b'").run(process.ppid)
  const [ofA, ofB] = [uploadRecord(), uploadRecord()]
  a.store.add([ofA])
  b.store.add([ofB])
  expect([ids(valueOf(a.store.claimQueue())), ids(valueOf(b.store.claimQueue()))]).toEqual([
    [ofA.id],
    [ofB.id],
  ])
})

test('uploads are matched by the given accounts only', async () => {
  const { start } = setup()
  const other = await startOtherProcess()
  const [paired, byPassword] = ['cloud.example alice team_01', 'cloud.example alice']
  const record = uploadRecord({ accountId: paired })
  const which = { paths: [record.path], teamId: 'team_01' }
  const foundBy = (accountIds: readonly string[]) => ids(store.queuedUploadsOf({ ...which, accountIds }))
  const theirs = start('theirs')
  theirs.store.add([record])
  theirs.database.prepare('UPDATE runners SET pid = ?').run(other.pid)
  const { store } = start('ours')
  expect(foundBy([byPassword])).toEqual([])
  expect(foundBy([byPassword, paired])).toEqual([record.id])
  expect(valueOf(store.claimQueue({ ids: [record.id] }))).toEqual([])
  theirs.store.close()
  expect(valueOf(store.claimQueue({ ids: ['another'] }))).toEqual([])
  expect(valueOf(store.claimQueue({ ids: [record.id] }))).toEqual([record])
})

test('claims all uploads of a process that has ended, and reads only the needed ones', () => {
  const { start } = setup()
  const [one, other] = [uploadRecord(), uploadRecord()]
  const theirs = start('theirs')
  theirs.store.add([one, other])
  theirs.store.close()
  const { store } = start('ours')
  expect(valueOf(store.claimQueue(undefined, (id) => id === other.id))).toEqual([other])
  expect(valueOf(store.claimQueue(undefined, () => false))).toEqual([])
  expect(ids(valueOf(store.claimQueue())).sort()).toEqual([one.id, other.id].sort())
})

test('adopts the uploads of given accounts that have ended, without those in review', () => {
  const { start } = setup()
  const records = [
    uploadRecord(),
    uploadRecord({ phase: 'review' }),
    uploadRecord({ accountId: 'cloud.example bob' }),
  ]
  const theirs = start('theirs')
  theirs.store.add(records)
  theirs.store.close()
  const { store, database } = start('ours')
  // A runner with the id of this process would be one from before a restart.
  database.prepare('UPDATE runners SET pid = ?').run(process.ppid)
  const accountIds = ['cloud.example alice']
  expect(ids(store.unclaimed())).toEqual(ids(records))
  expect(ids(valueOf(store.claimQueue({ accountIds })))).toEqual(ids(records.slice(0, 1)))
  expect(ids(store.unclaimed())).toEqual(ids(records.slice(1)))
  expect(valueOf(store.claimQueueIds())).toEqual(ids(records))
  expect(store.unclaimed()).toEqual([])
})

test('reads claimed uploads in the order of the queue, and reports unreadable ones', () => {
  const { start } = setup()
  const { store, database } = start('one')
  const [last, first, bad, other] = [
    uploadRecord(),
    uploadRecord({ position: -1 }),
    uploadRecord(),
    uploadRecord(),
  ]
  store.add([last, first, bad, other])
  database.prepare('UPDATE uploads SET recognition = ? WHERE id = ?').run('{', bad.id)
  let invalidCount = 0
  const read = store.readClaimed([last.id, bad.id, first.id, 'unknown'], () => void (invalidCount += 1))
  expect([ids(read), invalidCount]).toEqual([[first.id, last.id], 1])
  expect(start('two').store.readClaimed([last.id])).toEqual([])
})

test('lists the queued paths of a team and of some accounts', () => {
  const { start } = setup()
  const { store } = start('one')
  const record = uploadRecord()
  const others = [
    uploadRecord({ accountId: 'cloud.example bob' }),
    uploadRecord({ team: { id: 'team_02', name: 'B' } }),
  ]
  store.add([record, ...others, registeredRecord()])
  const which = { accountIds: [record.accountId], teamId: 'team_01' }
  expect(store.queuedPathsOf(which)).toEqual([record.path])
  expect(
    ids(
      store.queuedUploadsOf({
        ...which,
        paths: [record.path, record.path, ...others.map(({ path }) => path)],
      }),
    ),
  ).toEqual([record.id])
})

test('parts are durable, ordered and deleted with their upload', () => {
  const { start } = setup()
  const record = uploadRecord({
    state: multipartOpenState(5_242_880),
  })
  const first = start('one')
  first.store.add([record])
  for (const number of [3, 1])
    first.store.parts.add(record.id, { number, etag: `"${number}"`, checksum: number })
  first.crash()
  const { store } = start('two')
  valueOf(store.claimQueue())
  expect(store.parts.list(record.id)).toEqual([
    { number: 1, etag: '"1"', checksum: 1 },
    { number: 3, etag: '"3"', checksum: 3 },
  ])
  store.remove([record.id])
  expect(store.parts.list(record.id)).toEqual([])
})

test('parts are deleted once their upload is registered, also those of an older version', () => {
  const { start } = setup()
  const { store, database, crash } = start('one')
  const [record, old, open] = [1, 2, 3].map(() => uploadRecord({ state: multipartOpenState(5_242_880) }))
  if (!record || !old || !open) return
  store.add([record, old, open])
  for (const { id } of [record, old, open]) store.parts.add(id, { number: 1, etag: '"1"', checksum: 1 })
  const registered = { phase: 'registered', state: registeredState('m', 1) } as const
  store.save([{ ...record, ...registered }])
  expect(store.parts.list(record.id)).toEqual([])
  database
    .prepare("UPDATE uploads SET phase = 'registered', finished_at_ms = 1, model_id = 'm' WHERE id = ?")
    .run(old.id)
  dropNewColumns(database)
  database.exec('DROP INDEX uploads_wrong; PRAGMA user_version = 15')
  crash()
  const { store: migrated } = start('two')
  expect([record, old, open].map(({ id }) => migrated.parts.list(id).length)).toEqual([0, 0, 1])
})

test('an unneeded multipart upload is listed as abandoned until it is aborted', () => {
  const { start } = setup()
  const state = multipartOpenState(5_242_880)
  const [given, complete] = [
    uploadRecord({ state }),
    registeredRecord({ multipart: { ...state.multipart, uploadId: 'v' } }),
  ]
  const { store } = start('one')
  store.add([given, complete])
  expect(store.abandonedUploads()).toEqual([])
  store.remove([given.id, complete.id])
  const { accountId, team } = given
  expect(store.abandonedUploads()).toEqual([{ uploadId: 'u', storageKey: 'k', accountId, teamId: team.id }])
  store.removeAbandoned('u')
  expect(store.abandonedUploads()).toEqual([])
})

test('finds registered uploads that are to be verified by no other living process, latest first', () => {
  const { start } = setup()
  const [first, second, third] = [
    withVerification({ kind: 'pending' }),
    withVerification({ kind: 'not-verified', reason: 'timed-out', isFinal: false, atMs: 1 }),
    withVerification({ kind: 'pending' }),
  ]
  const others = [
    registeredRecord(),
    withVerification({ kind: 'verified', atMs: 1 }),
    withVerification({ kind: 'not-verified', reason: 'unsupported', isFinal: true, atMs: 1 }),
    withVerification({ kind: 'differs', differences: [], atMs: 1 }),
  ]
  const one = start('one')
  one.store.add([first, second, ...others])
  const idsOf = ({ store }: typeof one) => store.unverified().map(({ id }) => id)
  expect(idsOf(one)).toEqual([second.id, first.id])
  one.store.save([{ ...first, state: { ...first.state, verification: { kind: 'verified', atMs: 2 } } }])
  expect(idsOf(one)).toEqual([second.id])
  const { id, accountId, team } = second
  expect(one.store.unverified()).toEqual([{ id, accountId, teamId: team.id }])
  one.crash()
  const two = start('two')
  two.store.add([third])
  expect(idsOf(two)).toEqual([third.id, second.id])
})

test('reads a queue without keeping the columns of all rows', () => {
  const { folder, environment, start } = setup()
  const records = Array.from({ length: 20 }, () => uploadRecord())
  const first = start('first')
  first.store.add(records)
  first.store.close()
  first.crash()
  const { database } = openJournal(folder, 0)
  onTestFinished(() => database.close())
  const prepare = database.prepare.bind(database)
  let mostLines = 0
  database.prepare = (sql) => {
    const statement = prepare(sql)
    const all = statement.all.bind(statement)
    return Object.assign(statement, {
      all(...parameters: Parameters<typeof all>) {
        const lines = all(...parameters)
        mostLines = Math.max(mostLines, lines.length)
        return lines
      },
    })
  }
  const store = createUploadStore(database, 'next', environment)
  expect(store.unclaimed()).toHaveLength(records.length)
  expect(valueOf(store.claimQueue())).toHaveLength(records.length)
  expect(mostLines).toBeLessThan(records.length)
})
