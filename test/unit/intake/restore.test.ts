import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { openJournal } from '../../../electron/journal/journal-file.ts'
import { createRecoveryMonitor } from '../../../electron/queue/recovery-monitor.ts'
import { restoreQueued, restoreReturned } from '../../../electron/intake/restore.ts'
import { Rows } from '../../../electron/journal/rows.ts'
import type { UploadRecord } from '../../../electron/journal/upload-record.ts'
import { createUploadStore } from '../../../electron/journal/upload-store.ts'
import { failed, failure } from '../../../electron/contract/failures.ts'
import { standingClock, createTestEnvironment } from '../../support/hand-clock.ts'
import { uploadRecord, noLog } from '../../support/records.ts'
import { handQueue } from '../queue/hand-queue.ts'

function openEmptyJournal() {
  const folder = mkdtempSync(join(tmpdir(), 'modelferry-restore-'))
  const clock = standingClock()
  const { database } = openJournal(folder, 0)
  onTestFinished(() => {
    database.close()
    rmSync(folder, { recursive: true })
  })
  return { database, clock, environment: createTestEnvironment(clock) }
}

test.each([
  ['that fills up while the app starts', false],
  ['that is full when it starts', true],
])('shows the queue on a disk %s with the reason, and continues once there is space', (_name, fullBefore) => {
  const { database, clock, environment } = openEmptyJournal()
  const record = uploadRecord()
  const before = createUploadStore(database, 'before', environment)
  before.add([record])
  before.close()
  if (fullBefore) database.exec('PRAGMA query_only = ON')
  const store = createUploadStore(database, 'now', environment)
  const rows = new Rows({ store, environment, log: noLog, changed: () => {}, moved: () => {} })
  const { queue, started } = handQueue()
  const recovery = createRecoveryMonitor({
    rows,
    environment,
    connectivityChanged: () => {},
    volumesBack: queue.add,
    accessFor: () => failed(failure('signed-out')),
  })
  database.exec('PRAGMA query_only = ON')
  const { signal } = new AbortController()
  const onUnreadable = () => expect.unreachable()
  void restoreQueued({ store, rows, queue, recovery, rechecks: { resume: () => {} }, onUnreadable, signal })
  expect([rows.view(record.id)?.failure?.code, started()]).toEqual(['journal-trouble', []])
  clock.advance(5_000)
  expect(started()).toEqual([])
  database.exec('PRAGMA query_only = OFF')
  clock.advance(5_000)
  expect([rows.view(record.id)?.failure, started()]).toEqual([null, [record.id]])
  expect(clock.waits()).toEqual([])
  // Only a registered process keeps its rows from others.
  expect(database.prepare('SELECT id FROM runners').all()).toEqual([{ id: 'now' }])
})

const damage = new Error('database disk image is malformed')

/** A journal with a long queue of an ended process, and what restores it; these rows can't be read. */
function openLongQueue(isDamaged = (_id: string) => false, length = 1_200) {
  const { database, environment } = openEmptyJournal()
  const records = Array.from({ length }, (_none, position) => uploadRecord({ position }))
  const before = createUploadStore(database, 'before', environment)
  before.add(records.toReversed())
  before.close()
  const store = createUploadStore(database, 'now', environment)
  const rows = new Rows({ store, environment, log: noLog, changed: () => {}, moved: () => {} })
  const added: string[] = []
  const errors: unknown[] = []
  const stop = new AbortController()
  const readClaimed: typeof store.readClaimed = (ids, onInvalid) => {
    if (ids.some(isDamaged)) throw damage
    return store.readClaimed(ids, onInvalid)
  }
  const restored = restoreQueued({
    store: { ...store, readClaimed },
    rows,
    queue: { add: (ids) => void added.push(...ids), has: (id) => added.includes(id) },
    recovery: { tryUntilDone: (attempt) => void attempt() },
    rechecks: { resume: () => void added.push('rechecks') },
    onUnreadable: (error) => void errors.push(error),
    signal: stop.signal,
  })
  return { store, rows, ids: records.map(({ id }) => id), added, errors, restored }
}

test('handles other events while it restores a long queue in its order', async () => {
  const { rows, ids, added, restored } = openLongQueue()
  const counts = []
  while (rows.ids().length < ids.length) {
    counts.push(rows.ids().length)
    await nextTurn()
  }
  await restored
  expect(counts).toEqual(Array.from({ length: 11 }, (_none, batch) => 100 * (batch + 1)))
  expect([rows.ids(), added]).toEqual([ids, [...ids, 'rechecks']])
})

test('restores all rows but those that cannot be read, and reports these', async () => {
  const damaged = new Set<string>()
  const { rows, ids, added, errors, restored } = openLongQueue((id) => damaged.has(id))
  // Of the second batch and the last.
  const [one = '', other = ''] = [ids[150], ids.at(-1)]
  damaged.add(one).add(other)
  await restored
  const readable = ids.filter((id) => !damaged.has(id))
  expect([rows.ids(), added, errors]).toEqual([readable, [...readable, 'rechecks'], [damage, damage]])
})

test('reports a queue that cannot be read at all', async () => {
  const { database, environment } = openEmptyJournal()
  const store = createUploadStore(database, 'me', environment)
  const rows = new Rows({ store, environment, log: noLog, changed: () => {}, moved: () => {} })
  const errors: unknown[] = []
  await restoreQueued({
    store: {
      ...store,
      claimQueueIds() {
        throw damage
      },
    },
    rows,
    queue: handQueue().queue,
    recovery: { tryUntilDone: (attempt) => void expect(attempt()).toBe(true) },
    rechecks: { resume: () => {} },
    onUnreadable: (error) => void errors.push(error),
    signal: new AbortController().signal,
  })
  expect(errors).toEqual([damage])
})

/** What has returned of these uploads of this process, after their user has signed in again. */
function restoreUploads(records: readonly UploadRecord[], departedIds: readonly string[], isFull = false) {
  const { database, environment } = openEmptyJournal()
  const before = createUploadStore(database, 'before', environment)
  before.add(records)
  before.close()
  const store = createUploadStore(database, 'me', environment)
  const rows = new Rows({ store, environment, log: noLog, changed: () => {}, moved: () => {} })
  const { queue } = handQueue({ held: true })
  const scheduled: string[] = []
  if (isFull) database.exec('PRAGMA query_only = ON')
  restoreReturned({
    store,
    rows,
    queue,
    rechecks: { schedule: (ids) => void scheduled.push(...ids) },
    departedIds: new Set(departedIds),
    onUnreadable: () => expect.unreachable(),
  })
  return { shown: rows.ids(), queued: rows.ids().filter((id) => queue.has(id)), scheduled }
}

test('queues what waited when its user is back, and shows the rest', () => {
  const [waiting, broken, departed] = [
    uploadRecord(),
    uploadRecord({ phase: 'failed', failure: failure('file-empty') }),
    uploadRecord({ accountId: 'departed' }),
  ]
  const shown = [waiting.id, broken.id]
  expect(restoreUploads([waiting, broken, departed], ['departed'])).toEqual({
    shown,
    queued: [waiting.id],
    scheduled: shown,
  })
})
