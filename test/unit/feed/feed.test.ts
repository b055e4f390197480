import { expect, test } from 'vitest'
import type { Patch, UploadRow } from '../../../electron/contract/uploads.ts'
import { createFeed } from '../../../electron/feed/feed.ts'
import { toUploadRow } from '../../../electron/journal/row-view.ts'
import { standingClock, createTestEnvironment } from '../../support/hand-clock.ts'
import { uploadRecord } from '../../support/records.ts'

function setup({
  isIncomplete = false,
  unshownToday = 0,
  journalSetAside = null,
}: {
  readonly isIncomplete?: boolean
  readonly unshownToday?: number
  readonly journalSetAside?: string | null
} = {}) {
  const clock = standingClock()
  const rows = new Map<string, UploadRow>()
  const patches: Patch[] = []
  const feed = createFeed({
    view: (id) => rows.get(id) ?? null,
    ids: () => [...rows.keys()],
    conditions: () => ({ allPaused: false, hold: null, line: 'ok', isIncomplete }),
    journalSetAside,
    unshownToday: () => unshownToday,
    requestSlots: { inUse: 3, limit: 8 },
    limitBytesPerSecond: () => null,
    environment: createTestEnvironment(clock),
  })
  feed.subscribe({ patch: (patch) => patches.push(patch), flow: () => {} })
  return {
    feed,
    clock,
    patches,
    rows,
    /** Gives a row these values and notifies the feed. */
    put(id: string, given: Partial<UploadRow>) {
      rows.set(id, { ...(rows.get(id) ?? toUploadRow(uploadRecord({ id }), null)), ...given })
      feed.changed(id)
    },
    take(id: string) {
      rows.delete(id)
      feed.changed(id)
    },
  }
}

const ids = (rows: readonly UploadRow[]) => rows.map(({ id }) => id)

test('joins the changes within a tenth of a second into one patch', () => {
  const { put, clock, patches } = setup()
  put('a', {})
  put('b', {})
  put('a', { sentBytes: 7 })
  clock.advance(99)
  expect(patches).toEqual([])
  clock.advance(1)
  expect(patches.map(({ sequence, changed }) => [sequence, ids(changed)])).toEqual([[1, ['a', 'b']]])
  expect(patches[0]?.changed[0]?.sentBytes).toBe(7)
})

test('sends nothing while it is held, and then everything in one patch', () => {
  const { put, clock, patches, feed } = setup()
  put('a', {})
  feed.hold()
  put('b', {})
  clock.advance(60_000)
  expect(patches).toEqual([])
  feed.release()
  clock.advance(100)
  expect(patches.map(({ sequence, changed }) => [sequence, ids(changed)])).toEqual([[1, ['a', 'b']]])
})

test('numbers its patches without gaps, continuing from a snapshot', () => {
  const { put, take, clock, patches, feed } = setup()
  put('a', {})
  clock.advance(100)
  put('b', {})
  const snapshot = feed.snapshot()
  expect([snapshot.sequence, ids(snapshot.rows)]).toEqual([1, ['a', 'b']])
  clock.advance(100)
  take('a')
  clock.advance(100)
  expect(patches.map(({ sequence }) => sequence)).toEqual([1, 2, 3])
})

test('a snapshot with the later patches applied equals the next snapshot', () => {
  const { put, take, clock, patches, feed } = setup()
  put('a', {})
  put('b', {})
  clock.advance(100)
  put('c', { sentBytes: 1 })
  const before = feed.snapshot()
  put('a', { phase: 'paused' })
  take('b')
  clock.advance(100)
  put('c', { sentBytes: 2 })
  clock.advance(100)
  const page = new Map(before.rows.map((row) => [row.id, row]))
  for (const { sequence, changed, removed } of patches.filter((patch) => patch.sequence > before.sequence)) {
    expect(sequence).toBeGreaterThan(before.sequence)
    for (const row of changed) page.set(row.id, row)
    for (const id of removed) page.delete(id)
  }
  expect([...page.values()]).toEqual(feed.snapshot().rows)
})

test('sums up the rows, and counts the bytes of running and waiting ones', () => {
  const { put, clock, patches, feed } = setup()
  put('sending', { phase: 'sending', sizeBytes: 1_000, sentBytes: 100, inFlightBytes: 50 })
  put('checking', { phase: 'checking', sizeBytes: 10 })
  put('waiting', { phase: 'waiting', sizeBytes: 200 })
  put('retrying', { phase: 'retrying', sizeBytes: 300, sentBytes: 300 })
  put('paused', { phase: 'paused', sizeBytes: 5_000, sentBytes: 4_000 })
  put('failed', { phase: 'failed', sizeBytes: 5_000 })
  put('registered', { phase: 'registered', sizeBytes: 5_000, sentBytes: 5_000 })
  put('verifying', { phase: 'registered', verification: { kind: 'pending' } })
  put('review', { phase: 'review' })
  clock.advance(100)
  const expected = {
    running: 2,
    waiting: 2,
    needsYou: 1,
    paused: 1,
    inReview: 1,
    verifying: 1,
    registeredToday: 2,
    totalBytes: 1_510,
    movedBytes: 450,
    bytesPerSecond: null,
    secondsLeft: null,
  }
  expect([patches[0]?.totals, feed.snapshot().totals]).toEqual([expected, expected])
})

test('a finished file doesn’t reduce the progress, and time left counts only the rest', () => {
  const { put, clock, feed } = setup()
  put('a', { phase: 'sending', sizeBytes: 30_000 })
  put('b', { phase: 'waiting', sizeBytes: 10_000 })
  clock.advance(100)
  for (let tenth = 1; tenth <= 300; tenth += 1) {
    put('a', { inFlightBytes: tenth * 100 })
    feed.moved(100)
    clock.advance(100)
  }
  put('a', { phase: 'registered', sentBytes: 30_000, inFlightBytes: 0 })
  put('b', { phase: 'checking' })
  clock.advance(100)
  expect(feed.snapshot().totals).toMatchObject({
    totalBytes: 40_000,
    movedBytes: 30_000,
    registeredToday: 1,
    secondsLeft: 11,
  })
})

test('shows the sum of the rows as speed, and the time left once the speed is steady', () => {
  const { put, clock, feed } = setup()
  const send = (seconds: number, megabytesPerSecond: number) => {
    for (let tenth = 1; tenth <= seconds * 10; tenth += 1) {
      put('a', { bytesPerSecond: megabytesPerSecond * 600_000 })
      put('b', { bytesPerSecond: megabytesPerSecond * 400_000 })
      feed.moved(megabytesPerSecond * 100_000)
      clock.advance(100)
    }
    const { bytesPerSecond, secondsLeft } = feed.snapshot().totals
    return [bytesPerSecond, secondsLeft]
  }
  put('checking', { phase: 'checking', sizeBytes: 0 })
  clock.advance(4_000)
  put('a', { phase: 'sending', sizeBytes: 30_000_000_000 })
  put('b', { phase: 'sending', sizeBytes: 30_000_000_000 })
  expect(send(3, 20)).toEqual([20_000_000, null])
  expect(send(4, 100)).toEqual([100_000_000, null])
  expect(send(30, 100)).toEqual([100_000_000, 600])
  put('its turn', { phase: 'sending', waitsForTurn: true })
  put('a', { bytesPerSecond: 70_000_000 })
  expect(feed.snapshot().totals.bytesPerSecond).toBe(110_000_000)
})

test('a snapshot before the first change is the zeroth, and says what earlier starts left', () => {
  const { feed, put, clock, patches } = setup({
    isIncomplete: true,
    unshownToday: 7,
    journalSetAside: 'journal.damaged',
  })
  expect(feed.snapshot()).toMatchObject({
    sequence: 0,
    rows: [],
    allPaused: false,
    line: 'ok',
    isIncomplete: true,
    journalSetAside: 'journal.damaged',
    totals: { registeredToday: 7 },
  })
  put('a', { phase: 'registered' })
  clock.advance(100)
  expect(patches).toMatchObject([{ sequence: 1, isIncomplete: true, totals: { registeredToday: 8 } }])
})
