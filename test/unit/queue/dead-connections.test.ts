import { expect, test } from 'vitest'
import { createDeadConnectionMonitor, deadAfterMs } from '../../../electron/queue/dead-connections.ts'
import { standingClock, createTestEnvironment } from '../../support/hand-clock.ts'
import { rowsOnJournal } from '../../support/rows-on-journal.ts'
import { uploadRecord } from '../../support/records.ts'

/** One upload that sends a part; `progress` reports moved bytes. */
function setup() {
  const clock = standingClock()
  const record = uploadRecord()
  const { rows } = rowsOnJournal([record])
  rows.applyEvent(record.id, 'begin')
  rows.applyEvent(record.id, 'send')
  rows.progress(record.id, { inFlightParts: 1 })
  const restarted: (readonly string[])[] = []
  const monitor = createDeadConnectionMonitor({
    rowOf: (id) => rows.get(id),
    inFlight: () => rows.inFlightIds(),
    restartRuns(ids) {
      restarted.push(ids)
      return Promise.resolve()
    },
    environment: createTestEnvironment(clock),
  })
  let sentBytes = 0
  return {
    clock,
    monitor,
    id: record.id,
    restarted,
    restarts: () => restarted.length,
    progress(change: Parameters<typeof rows.progress>[1] = { sentBytes: (sentBytes += 100) }) {
      rows.progress(record.id, change)
      monitor.rowChanged(record.id)
    },
    /** All bytes are sent, and storage has not answered. */
    finish: () => rows.applyEvent(record.id, 'finish'),
  }
}

test('restarts uploads that make no progress after a network change', () => {
  const { clock, monitor, id, restarted } = setup()
  monitor.watch()
  clock.advance(4_999)
  expect(restarted).toEqual([])
  clock.advance(1)
  expect([restarted, clock.waits()]).toEqual([[[id]], []])
})

test('forgets the progress before a network change', () => {
  const { clock, monitor, progress, restarts } = setup()
  monitor.watch()
  progress()
  monitor.watch()
  clock.advance(deadAfterMs / 2)
  // The first report after the change shows what was sent before it.
  progress()
  clock.advance(deadAfterMs / 2)
  expect(restarts()).toBe(1)
})

test('restarts a whole file of which all bytes are sent and that is not answered', () => {
  const { clock, monitor, finish, restarts } = setup()
  finish()
  monitor.watch()
  clock.advance(deadAfterMs)
  expect(restarts()).toBe(1)
})
