import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openJournal } from '../../../electron/journal/journal-file.ts'
import { createUploadedPathFinder } from '../../../electron/journal/history-store.ts'
import { createUploadStore } from '../../../electron/journal/upload-store.ts'
import { standingClock, createTestEnvironment } from '../../support/hand-clock.ts'
import { createOldJournal } from '../../support/old-journal.ts'
import {
  registeredRecord,
  uploadRecord,
  multipartOpenState,
  registeredState,
  storedState,
  withVerification,
} from '../../support/records.ts'
import { unfinishedIn } from '../../support/rows-on-journal.ts'

/** A journal that can be opened repeatedly, as by several starts of the app. */
function setup() {
  const folder = mkdtempSync(join(tmpdir(), 'modelferry-store-'))
  const environment = createTestEnvironment(standingClock())
  const open: { close(): void }[] = []
  onTestFinished(() => {
    for (const { close } of open) close()
    rmSync(folder, { recursive: true })
  })
  function start() {
    const { database } = openJournal(folder, 0)
    const store = createUploadStore(database, environment)
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
  const first = start()
  expect(first.store.add([waiting, done])).toEqual({ ok: true, value: undefined })
  first.store.save([{ ...waiting, phase: 'paused', position: -3 }])
  first.crash()
  const { store } = start()
  expect(unfinishedIn(store)).toEqual([{ ...waiting, phase: 'paused', position: -3 }])
  expect(store.history({ limit: 10 })).toEqual([done])
  expect(store.find(done.id)).toEqual(done)
})

test('without a log, what is flushed later is flushed with its transaction', () => {
  const { start, environment } = setup()
  const { store: first, database, crash } = start()
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
  createUploadStore(database, environment).save([record], { isFlushed: false })
  // 1 is NORMAL and 2 is FULL (sqlite.org/pragma.html#pragma_synchronous).
  expect(levels).toEqual([1, 2])
  crash()
})

test('a full disk has its own failure and nothing is written', () => {
  const { start } = setup()
  const { store, database } = start()
  const pages = Number(database.prepare('PRAGMA page_count').get()?.['page_count'])
  database.exec(`PRAGMA max_page_count = ${pages + 2}`)
  const many = Array.from({ length: 200 }, () => uploadRecord())
  expect(store.add(many)).toMatchObject({ ok: false, failure: { code: 'journal-full' } })
  expect([unfinishedIn(store), database.isTransaction]).toEqual([[], false])
  database.exec('PRAGMA max_page_count = 100000')
  expect(store.add(many)).toMatchObject({ ok: true })
  expect(unfinishedIn(store)).toHaveLength(200)
})

test('an upload is in the queue or in the history, never in both', () => {
  const { start } = setup()
  const { store } = start()
  const record = uploadRecord()
  store.add([record])
  expect([ids(unfinishedIn(store)), ids(store.history({ limit: 9 }))]).toEqual([[record.id], []])
  store.save([{ ...record, phase: 'registered', state: registeredState('m', 5) }])
  expect([ids(unfinishedIn(store)), ids(store.history({ limit: 9 }))]).toEqual([[], [record.id]])
  expect(store.save([{ ...record, phase: 'registered', state: storedState() }])).toMatchObject({
    ok: false,
    failure: { code: 'journal-trouble' },
  })
})

test('a journal of version 14 is migrated, and finds files by their model except a damaged row', () => {
  const { start, folder } = setup()
  const group = { key: 'k1', name: 'Flux', kind: 'shards', root: '/models', within: [] } as const
  const seen = { place: '/models', target: uploadRecord().target, group }
  const [part, damaged] = [registeredRecord({ seen }), registeredRecord({ seen })]
  const old = createOldJournal(join(folder, 'journal.sqlite'), 14, [part, damaged])
  old.prepare('UPDATE uploads SET seen = ? WHERE id = ?').run('{', damaged.id)
  old.close()
  expect(ids(start().store.registeredFilesOf('k1'))).toEqual([part.id])
})

test.each([
  ['AND model_id = ?', 'uploads_by_model'],
  ['group.key', 'uploads_by_group'],
  ['lower(file_name)', 'uploads_by_name'],
])('a query by %s does not read the whole history', (part, index) => {
  const { start } = setup()
  const { database } = start()
  const queries: string[] = []
  const prepare = database.prepare.bind(database)
  database.prepare = (sql) => {
    if (sql.startsWith('SELECT') && sql.includes(part)) queries.push(sql)
    return prepare(sql)
  }
  createUploadedPathFinder(database)
  createUploadStore(database, createTestEnvironment(standingClock()))
  const plans = queries.map((sql) => JSON.stringify(prepare(`EXPLAIN QUERY PLAN ${sql}`).all('')))
  expect(plans).toEqual([expect.stringContaining(`USING INDEX ${index}`)])
})

test('reads unfinished uploads in the order of the queue, and reports unreadable ones', () => {
  const { start } = setup()
  const { store, database } = start()
  const [last, first, bad, other] = [
    uploadRecord(),
    uploadRecord({ position: -1 }),
    uploadRecord(),
    uploadRecord(),
  ]
  store.add([last, first, bad, other])
  database.prepare('UPDATE uploads SET recognition = ? WHERE id = ?').run('{', bad.id)
  let invalidCount = 0
  const read = store.readUnfinished([last.id, bad.id, first.id, 'unknown'], () => void (invalidCount += 1))
  expect([ids(read), invalidCount]).toEqual([[first.id, last.id], 1])
})

test('lists the queued paths of a team and of some accounts', () => {
  const { start } = setup()
  const { store } = start()
  const record = uploadRecord()
  const others = [
    uploadRecord({ accountId: 'cloud.example bob' }),
    uploadRecord({ team: { id: 'team_02', name: 'B' } }),
  ]
  store.add([record, ...others, registeredRecord()])
  const which = { accountIds: [record.accountId], teamId: 'team_01' }
  expect(store.queuedPathsOf(which)).toEqual([record.path])
})

test('parts are durable, ordered and deleted with their upload', () => {
  const { start } = setup()
  const record = uploadRecord({
    state: multipartOpenState(5_242_880),
  })
  const first = start()
  first.store.add([record])
  for (const number of [3, 1])
    first.store.parts.add(record.id, { number, etag: `"${number}"`, checksum: number })
  first.crash()
  const { store } = start()
  expect(store.parts.list(record.id)).toEqual([
    { number: 1, etag: '"1"', checksum: 1 },
    { number: 3, etag: '"3"', checksum: 3 },
  ])
  store.remove([record.id])
  expect(store.parts.list(record.id)).toEqual([])
})

test('parts are deleted once their upload is registered', () => {
  const { store } = setup().start()
  const record = uploadRecord({ state: multipartOpenState(5_242_880) })
  store.add([record])
  store.parts.add(record.id, { number: 1, etag: '"1"', checksum: 1 })
  store.save([{ ...record, phase: 'registered', state: registeredState('m', 1) }])
  expect(store.parts.list(record.id)).toEqual([])
})

test('an unneeded multipart upload is listed as abandoned until it is aborted', () => {
  const { start } = setup()
  const state = multipartOpenState(5_242_880)
  const [given, complete] = [
    uploadRecord({ state }),
    registeredRecord({ multipart: { ...state.multipart, uploadId: 'v' } }),
  ]
  const { store } = start()
  store.add([given, complete])
  expect(store.abandonedUploads()).toEqual([])
  store.remove([given.id, complete.id])
  const { accountId, team } = given
  expect(store.abandonedUploads()).toEqual([{ uploadId: 'u', storageKey: 'k', accountId, teamId: team.id }])
  store.removeAbandoned('u')
  expect(store.abandonedUploads()).toEqual([])
})

test('finds registered uploads that are to be verified, latest first', () => {
  const { start } = setup()
  const [first, second] = [
    withVerification({ kind: 'pending' }),
    withVerification({ kind: 'not-verified', reason: 'timed-out', isFinal: false, atMs: 1 }),
  ]
  const others = [
    registeredRecord(),
    withVerification({ kind: 'verified', atMs: 1 }),
    withVerification({ kind: 'not-verified', reason: 'unsupported', isFinal: true, atMs: 1 }),
    withVerification({ kind: 'differs', differences: [], atMs: 1 }),
  ]
  const { store } = start()
  store.add([first, second, ...others])
  const { id, accountId, team } = second
  expect(store.unverified()).toEqual([
    { id, accountId, teamId: team.id },
    expect.objectContaining({ id: first.id }),
  ])
  store.save([{ ...first, state: { ...first.state, verification: { kind: 'verified', atMs: 2 } } }])
  expect(ids(store.unverified())).toEqual([id])
})
