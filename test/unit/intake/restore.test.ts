import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
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

test.each([
  ['that fills up while the app starts', false],
  ['that is full when it starts', true],
])('shows the queue on a disk %s with the reason, and continues once there is space', (_name, fullBefore) => {
  const folder = mkdtempSync(join(tmpdir(), 'modelferry-restore-'))
  const clock = standingClock()
  const environment = createTestEnvironment(clock)
  const { database } = openJournal(folder, 0)
  onTestFinished(() => {
    database.close()
    rmSync(folder, { recursive: true })
  })
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
  restoreQueued({ store, rows, queue, recovery, rechecks: { resume: () => {} } })
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
