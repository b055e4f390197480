import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { openJournal } from '../../../electron/journal/journal-file.ts'
import { createRecoveryMonitor } from '../../../electron/queue/recovery-monitor.ts'
import { restoreQueued } from '../../../electron/intake/restore.ts'
import { Rows } from '../../../electron/journal/rows.ts'
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
  void restoreQueued({ store, rows, queue, recovery, rechecks: { resume: () => {} }, signal })
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

/** A journal with a long queue of an ended process, and what restores it. */
function openLongQueue() {
  const { database, environment } = openEmptyJournal()
  const records = Array.from({ length: 1_200 }, (_none, position) => uploadRecord({ position }))
  const before = createUploadStore(database, 'before', environment)
  before.add(records.toReversed())
  before.close()
  const store = createUploadStore(database, 'now', environment)
  const rows = new Rows({ store, environment, log: noLog, changed: () => {}, moved: () => {} })
  const added: string[] = []
  const stop = new AbortController()
  const restored = restoreQueued({
    store,
    rows,
    queue: { add: (ids) => void added.push(...ids), has: (id) => added.includes(id) },
    recovery: { tryUntilDone: (attempt) => void attempt() },
    rechecks: { resume: () => void added.push('rechecks') },
    signal: stop.signal,
  })
  return { store, rows, ids: records.map(({ id }) => id), added, restored, stop }
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

test('does not restore again what another event has restored or removed', async () => {
  const { store, rows, ids, added, restored } = openLongQueue()
  const [returned = '', removed = ''] = ids.slice(-2)
  rows.restore(store.readClaimed([returned]))
  store.remove([removed])
  await restored
  expect(rows.ids()).toEqual([...ids.slice(0, 100), returned, ...ids.slice(100, -2)])
  expect(added).toEqual([...ids.slice(0, -2), 'rechecks'])
})

test('restores no more rows once the app stops', async () => {
  const { rows, ids, added, restored, stop } = openLongQueue()
  stop.abort()
  await restored
  expect([rows.ids(), added]).toEqual([ids.slice(0, 100), ids.slice(0, 100)])
})
