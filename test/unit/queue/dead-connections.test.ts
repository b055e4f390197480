import { expect, test } from 'vitest'
import { createDeadConnectionMonitor, deadAfterMs } from '../../../electron/queue/dead-connections.ts'
import { standingClock, createTestEnvironment } from '../../support/hand-clock.ts'
import { rowsOnJournal } from '../../support/rows-on-journal.ts'
import { uploadRecord } from '../../support/records.ts'

/** One upload that sends a part; `progress` reports moved bytes. */
function setup({ isSending = true, restartRuns = () => Promise.resolve() } = {}) {
  const clock = standingClock()
  const { log, lines, timers } = createTestEnvironment(clock)
  const record = uploadRecord()
  const { rows } = rowsOnJournal([record])
  rows.applyEvent(record.id, 'begin')
  rows.applyEvent(record.id, 'send')
  if (isSending) rows.progress(record.id, { inFlightParts: 1 })
  const restarted: (readonly string[])[] = []
  const monitor = createDeadConnectionMonitor({
    rowOf: (id) => rows.get(id),
    inFlight: () => rows.inFlightIds(),
    restartRuns(ids) {
      restarted.push(ids)
      return restartRuns()
    },
    environment: { now: clock.now, timers, log },
  })
  let sentBytes = 0
  return {
    clock,
    lines,
    monitor,
    id: record.id,
    restarted,
    restarts: () => restarted.length,
    progress(change: { readonly hashedBytes?: number } = {}) {
      sentBytes += 100
      rows.progress(record.id, 'hashedBytes' in change ? change : { sentBytes })
      monitor.rowChanged(record.id)
    },
    /** All bytes are sent, and storage has not answered. */
    finish: () => rows.applyEvent(record.id, 'finish'),
    /** Reports another change of the row. */
    touch: () => monitor.rowChanged(record.id),
  }
}

test('restarts uploads that make no progress after a network change', () => {
  const { clock, monitor, id, restarted } = setup()
  monitor.watch()
  clock.advance(deadAfterMs - 1)
  expect(restarted).toEqual([])
  clock.advance(1)
  expect([restarted, clock.waits()]).toEqual([[[id]], []])
})

test('checks again when a dead connection still accepts bytes into its buffer', () => {
  const { clock, monitor, progress, touch, restarts } = setup()
  monitor.watch()
  touch()
  clock.advance(deadAfterMs / 2)
  progress()
  clock.advance(deadAfterMs / 2)
  expect(restarts()).toBe(0)
  clock.advance(deadAfterMs)
  expect(restarts()).toBe(1)
})

test('does not count a row change without moved bytes as progress', () => {
  const { clock, monitor, touch, restarts } = setup()
  monitor.watch()
  touch()
  clock.advance(deadAfterMs / 2)
  touch()
  clock.advance(deadAfterMs / 2)
  expect(restarts()).toBe(1)
})

test('counts reading a file as progress', () => {
  const { clock, monitor, progress, touch, restarts } = setup()
  monitor.watch()
  touch()
  clock.advance(deadAfterMs / 2)
  progress({ hashedBytes: 5 })
  clock.advance(deadAfterMs / 2)
  // Without progress, the first check would have restarted the upload and scheduled no other.
  expect([restarts(), clock.waits()]).toEqual([0, [deadAfterMs]])
})

test('stops checking a connection that keeps making progress', () => {
  const { clock, monitor, progress, touch, restarts } = setup()
  monitor.watch()
  touch()
  for (let check = 0; check < 3; check += 1) {
    expect(clock.waits()).toEqual([deadAfterMs])
    clock.advance(deadAfterMs - 1)
    progress()
    clock.advance(1)
  }
  expect([restarts(), clock.waits()]).toEqual([0, []])
})

test('restarts no upload without a request to storage, such as one that is registered', () => {
  const { clock, monitor, restarts } = setup({ isSending: false })
  monitor.watch()
  for (let check = 0; check < 3; check += 1) {
    expect(clock.waits()).toEqual([deadAfterMs])
    clock.advance(deadAfterMs)
  }
  expect([restarts(), clock.waits()]).toEqual([0, []])
})

test('restarts a whole file of which all bytes are sent and that is not answered', () => {
  const { clock, monitor, finish, restarts } = setup()
  finish()
  monitor.watch()
  clock.advance(deadAfterMs)
  expect(restarts()).toBe(1)
})

test('a second network change restarts the wait', () => {
  const { clock, monitor, restarts } = setup()
  monitor.watch()
  clock.advance(deadAfterMs - 1)
  monitor.watch()
  clock.advance(deadAfterMs - 1)
  expect(restarts()).toBe(0)
  clock.advance(1)
  expect(restarts()).toBe(1)
})

test('logs a restart that fails', async () => {
  const { clock, lines, monitor } = setup({ restartRuns: () => Promise.reject(new Error('no thread')) })
  monitor.watch()
  clock.advance(deadAfterMs)
  await expect.poll(() => lines.at(-1)?.level).toBe('error')
  expect(lines.at(-1)?.message).toBe('uploads could not be restarted')
})
