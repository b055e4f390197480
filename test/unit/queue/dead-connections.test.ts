import { expect, test } from 'vitest'
import { createDeadConnectionMonitor, deadAfterMs } from '../../../electron/queue/dead-connections.ts'
import { standingClock, createTestEnvironment } from '../../support/hand-clock.ts'
import { rowsOnJournal } from '../../support/rows-on-journal.ts'
import { uploadRecord } from '../../support/records.ts'

/** One upload that sends a part; `progress` reports moved bytes. */
function setup({ isSending = true, restartRuns = () => Promise.resolve() } = {}) {
  const clock = standingClock()
  const { log, lines, timers } = createTestEnvironment(clock)
  const [record, other] = [uploadRecord(), uploadRecord()]
  const { rows } = rowsOnJournal([record, other])
  for (const { id } of [record, other]) rows.applyEvent(id, 'begin')
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
    progress(change: Parameters<typeof rows.progress>[1] = { sentBytes: (sentBytes += 100) }) {
      rows.progress(record.id, change)
      monitor.rowChanged(record.id)
    },
    /** Another upload is paused, which never had a request to storage. */
    pauseOther() {
      rows.applyEvent(other.id, 'pause')
      monitor.rowChanged(other.id)
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
  clock.advance(4_999)
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

test.each([
  { sentBytes: 5, inFlightBytes: 5 },
  { sentBytes: 5, hashedBytes: 5 },
  { inFlightBytes: 5, hashedBytes: 5 },
])('counts bytes of two kinds as progress: %j', (change) => {
  const { clock, monitor, progress, touch, restarts } = setup()
  monitor.watch()
  touch()
  clock.advance(deadAfterMs / 2)
  progress(change)
  clock.advance(deadAfterMs / 2)
  expect(restarts()).toBe(0)
})

test.each([
  [4_000, 1],
  [3_999, 0],
])('after progress %i ms before the check, it restarts %i uploads', (beforeMs, count) => {
  const { clock, monitor, progress, touch, restarts } = setup()
  monitor.watch()
  touch()
  clock.advance(deadAfterMs - beforeMs)
  progress()
  clock.advance(beforeMs)
  expect(restarts()).toBe(count)
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

test('counts the end of another run as progress', () => {
  const { clock, monitor, pauseOther, restarts } = setup()
  monitor.watch()
  clock.advance(deadAfterMs / 2)
  pauseOther()
  clock.advance(deadAfterMs / 2)
  expect(restarts()).toBe(0)
})

test('runs no timer after it was closed, whatever is reported', () => {
  const { clock, monitor, progress, restarts } = setup()
  monitor.close()
  monitor.watch()
  monitor.close()
  progress()
  clock.advance(deadAfterMs)
  expect([restarts(), clock.waits()]).toEqual([0, []])
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
