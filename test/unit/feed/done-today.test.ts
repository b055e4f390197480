import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { failure } from '../../../electron/contract/failures.ts'
import { createDoneToday } from '../../../electron/feed/done-today.ts'
import { createFeed, type Feed } from '../../../electron/feed/feed.ts'
import { openJournal } from '../../../electron/journal/journal-file.ts'
import { Rows } from '../../../electron/journal/rows.ts'
import type { UploadRecord } from '../../../electron/journal/upload-record.ts'
import { createUploadStore } from '../../../electron/journal/upload-store.ts'
import { standingClock, createTestEnvironment } from '../../support/hand-clock.ts'
import { copyRecord, registeredRecord, uploadRecord, registeredState, noLog } from '../../support/records.ts'

const hourMs = 60 * 60 * 1000
/** A zone in which the day begins at 16:00 UTC, as in Perth, plus `shiftMs`. */
const perth = { shiftMs: 8 * hourMs }

/** Rows, feed and done-today list on a journal, at 22:00 in Perth; `open` starts the app. */
function setup() {
  const folder = mkdtempSync(join(tmpdir(), 'modelferry-done-'))
  const clock = standingClock(Date.UTC(2026, 0, 2, 14))
  const zone = { ...perth }
  const startOfDay = (atMs: number) => {
    const dayMs = 24 * hourMs
    return Math.floor((atMs + zone.shiftMs) / dayMs) * dayMs - zone.shiftMs
  }
  const environment = { ...createTestEnvironment(clock), startOfDay }
  const { database } = openJournal(folder, 0)
  const store = createUploadStore(database, environment)
  onTestFinished(() => {
    database.close()
    rmSync(folder, { recursive: true })
  })
  const hidden = new Set<string>()
  function open() {
    let feed: Feed | null = null
    const rows = new Rows({
      store,
      log: noLog,
      environment,
      changed: (id) => feed?.changed(id),
      moved: (bytes) => feed?.moved(bytes),
    })
    const touched = () => feed?.touched()
    const doneToday = createDoneToday({ rows, store, environment, hidden: () => hidden, touched })
    feed = createFeed({
      view: (id) => (hidden.has(rows.get(id)?.record.accountId ?? '') ? null : rows.view(id)),
      ids: () => rows.ids(),
      conditions: () => ({ allPaused: false, hold: null, line: 'ok', isIncomplete: false }),
      journalSetAside: null,
      unshownToday: doneToday.unshown,
      requestSlots: { inUse: 0, limit: 1 },
      limitBytesPerSecond: () => null,
      environment,
    })
    feed.subscribe({ patch: doneToday.patchSent, flow: () => {} })
    const board = { rows, feed, doneToday }
    board.doneToday.restore()
    clock.advance(100)
    return {
      ...board,
      /** Adds and registers an upload, and lets the feed report it. */
      finish(record: UploadRecord = uploadRecord()) {
        const { id } = record
        board.rows.add([record])
        for (const event of ['begin', 'register'] as const) board.rows.applyEvent(id, event)
        board.rows.applyEvent(id, 'registered', {
          state: registeredState(`model of ${id}`, clock.now()),
        })
        clock.advance(100)
        return id
      },
      /** The library's record of a finished upload is wrong, as if its verification had found that. */
      findWrong(id: string) {
        const change = { failure: failure('record-missing') }
        const record = store.find(id)
        if (board.rows.get(id)) board.rows.change(id, change)
        else if (record) store.save([{ ...record, ...change }])
        board.doneToday.relist(id)
        clock.advance(100)
      },
      ids: () => board.feed.snapshot().rows.map(({ id }) => id),
      needsYou: () => board.feed.snapshot().totals.needsYou,
      count: () => board.feed.snapshot().totals.registeredToday,
    }
  }
  return { clock, store, hidden, open }
}

test('removes finished uploads from the list at local midnight, and keeps the history', () => {
  const { clock, store, open } = setup()
  const { finish, ids, count } = open()
  const id = finish()
  clock.advance(2 * hourMs - 1_000)
  expect([ids(), count()]).toEqual([[id], 1])
  clock.advance(1_000)
  expect([ids(), count()]).toEqual([[], 0])
  expect(store.history({ limit: 9 }).map((record) => record.id)).toEqual([id])
  expect(clock.waits()).toEqual([100])
})

test('restores the uploads that finished today and counts those that were sent, and none from yesterday', () => {
  const { clock, store, open } = setup()
  const today = registeredRecord({ finishedAtMs: clock.now() - hourMs })
  const copy = copyRecord(clock.now() - hourMs)
  store.add([today, copy, registeredRecord({ finishedAtMs: clock.now() - 23 * hourMs })])
  const { ids, count } = open()
  expect([ids(), count()]).toEqual([[today.id, copy.id], 1])
})

test('counts no upload of a user who has signed out', () => {
  const { clock, store, hidden, open } = setup()
  const finished = (accountId: string) => registeredRecord({ accountId, finishedAtMs: clock.now() - hourMs })
  const mine = uploadRecord().accountId
  const ofBob = 'cloud.example bob'
  store.add([...Array.from({ length: 201 }, () => finished(ofBob)), finished(mine)])
  hidden.add(ofBob)
  const { count } = open()
  expect(count()).toBe(1)
})

test('lists the latest two hundred of a day, and counts all', () => {
  const { clock, store, open } = setup()
  const { finish, ids, count } = open()
  const all = Array.from({ length: 203 }, () => finish())
  clock.advance(100)
  expect([ids(), count()]).toEqual([all.slice(3), 203])
  const again = open()
  expect([new Set(again.ids()), again.count()]).toEqual([new Set(all.slice(3)), 203])
  expect(store.history({ limit: 500 })).toHaveLength(203)
  again.doneToday.forget(all.slice(0, 1))
  expect([again.count(), store.find(all[0] ?? '')]).toEqual([202, null])
  clock.advance(2 * hourMs)
  clock.advance(100)
  expect([again.ids(), again.count()]).toEqual([[], 0])
})

test('lists an upload again that needs attention after it has left the list', () => {
  const { clock, open } = setup()
  const { doneToday, finish, findWrong, ids, count, needsYou } = open()
  const all = Array.from({ length: 202 }, () => finish())
  clock.advance(100)
  const [left = '', , dismissed = ''] = all
  doneToday.dismiss([dismissed])
  clock.advance(100)
  findWrong(left)
  findWrong(dismissed)
  expect([new Set(ids()), count(), needsYou()]).toEqual([new Set(all.toSpliced(1, 1)), 200, 2])
  const again = open()
  expect([again.needsYou(), again.count()]).toEqual([2, 200])
})

test('reports each upload as done before it is dropped from the list', () => {
  const { clock, open } = setup()
  const { rows, feed } = open()
  const reported = new Set<string>()
  feed.subscribe({
    patch: ({ changed }) => changed.forEach(({ id, phase }) => phase === 'registered' && reported.add(id)),
    flow: () => {},
  })
  const records = Array.from({ length: 300 }, () => uploadRecord())
  rows.add(records)
  for (const { id } of records) {
    for (const event of ['begin', 'register'] as const) rows.applyEvent(id, event)
    rows.applyEvent(id, 'registered', { state: registeredState('m', clock.now()) })
  }
  clock.advance(100)
  expect(reported.size).toBe(300)
})
