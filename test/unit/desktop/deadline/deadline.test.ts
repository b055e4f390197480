import { expect, test } from 'vitest'
import type { Conditions } from '../../../../electron/contract/conditions.ts'
import type { DeadlineView } from '../../../../electron/contract/deadline.ts'
import { failure } from '../../../../electron/contract/failures.ts'
import { defaultSettings, type Settings } from '../../../../electron/contract/settings.ts'
import type { Patch, Snapshot, UploadRow } from '../../../../electron/contract/uploads.ts'
import { createDeadlineTracker } from '../../../../electron/desktop/deadline/deadline.ts'
import { toUploadRow } from '../../../../electron/journal/row-view.ts'
import { createTestEnvironment, standingClock } from '../../../support/hand-clock.ts'
import { registeredRecord, uploadRecord } from '../../../support/records.ts'
import { emptyTotals } from '../../../support/totals.ts'

const minuteMs = 60_000
const megabyte = 1_000_000

function setup() {
  const clock = standingClock()
  const startMs = clock.now()
  const state: { settings: Settings; conditions: Pick<Conditions, 'hold' | 'limit' | 'overridden'> } = {
    settings: { ...defaultSettings, deadlineMs: startMs + 60 * minuteMs },
    conditions: {
      hold: null,
      overridden: null,
      limit: { bytesPerSecond: null, isFromQuietHours: false, untilMs: null },
    },
  }
  const views: (DeadlineView | null)[] = []
  const unreachable: DeadlineView[] = []
  const tracker = createDeadlineTracker({
    settings: {
      current: () => state.settings,
      change({ deadlineMs }) {
        state.settings = { ...state.settings, deadlineMs }
        tracker.update()
      },
    },
    conditions: () => state.conditions,
    onChange: (view) => void views.push(view),
    onUnreachable: (view) => void unreachable.push(view),
    environment: createTestEnvironment(clock),
  })
  let sequence = 0
  function apply(
    changed: readonly UploadRow[],
    bytesPerSecond: number | null,
    more: Partial<Patch> = {},
  ): void {
    sequence += 1
    const totals = { ...emptyTotals, running: 1, bytesPerSecond }
    tracker.applyPatch({
      sequence,
      changed,
      removed: [],
      totals,
      allPaused: false,
      hold: null,
      line: 'ok',
      isIncomplete: false,
      ...more,
    })
  }
  return {
    tracker,
    clock,
    startMs,
    state,
    unreachable,
    /** Applies a patch, and computes the forecast again. */
    patch(...patch: Parameters<typeof apply>) {
      apply(...patch)
      clock.advance(5_000)
    },
  }
}

/** An upload of 3.6 GB that is being sent. */
const record = uploadRecord({ identity: { sizeBytes: 3_600 * megabyte, mtimeNs: 1n, inode: 1n } })
const sending = (sentBytes = 0): UploadRow => ({ ...toUploadRow(record, null), phase: 'sending', sentBytes })

test('suggests to move up what waits or is retried, and to leave out only what was never started', () => {
  const { patch, tracker } = setup()
  const waiting = { ...toUploadRow(record, null), id: 'waiting', position: 5, sizeBytes: 3_000 * megabyte }
  const retrying = { ...waiting, id: 'retrying', sizeBytes: 2_000 * megabyte, started: true } as const
  const begun = { ...waiting, id: 'begun', position: 4, sizeBytes: 3_600 * megabyte, started: true }
  const suggestions = () =>
    tracker.current()?.suggestions.map((one) => [one.kind, ...('ids' in one ? one.ids : [one.id])])
  patch(
    [
      sending(),
      { ...retrying, phase: 'retrying', position: 3 },
      { ...begun, sentBytes: 100 * megabyte },
      waiting,
    ],
    3 * megabyte,
  )
  expect(suggestions()).toEqual([
    ['move-up', 'waiting'],
    ['leave-out', 'waiting'],
  ])
  patch([{ ...retrying, phase: 'retrying', position: 6 }], 3 * megabyte)
  expect(suggestions()?.[0]).toEqual(['move-up', 'retrying'])
})

test.each<[string, Partial<UploadRow>]>([
  ['is in review', { phase: 'review' }],
  ['is paused', { phase: 'paused' }],
  ['has failed', { phase: 'failed' }],
  ['is registered', { phase: 'registered' }],
  ['is a duplicate', { already: { name: 'Depth', path: null, status: 'ready' } }],
  [
    'waits for one with the same bytes',
    { phase: 'retrying', failure: failure('same-as-other', { name: 'a' }) },
  ],
  ['is being paused alone', { pausing: { isSingle: true, finishingParts: 1, unacknowledgedBytes: 1 } }],
])('an upload that %s doesn’t delay the end', (_what, change) => {
  const { patch, tracker, clock } = setup()
  patch([sending(1_800 * megabyte), { ...sending(), id: 'other', ...change }], megabyte)
  expect(tracker.current()?.doneAtMs).toBe(clock.now() + 30 * minuteMs)
})

test('quiet hours that the user overrides don’t delay the end until they are over', () => {
  const { patch, tracker, state } = setup()
  const days = [0, 1, 2, 3, 4, 5, 6]
  const quietHours = [{ days, fromMinute: 0, toMinute: 0, limitBytesPerSecond: null }]
  state.settings = { ...state.settings, quietHours }
  state.conditions = { ...state.conditions, overridden: 'quiet-hours' }
  patch([sending()], 2 * megabyte)
  expect(tracker.current()?.state).toBe('met')
  state.conditions = { ...state.conditions, overridden: 'battery' }
  tracker.update()
  expect(tracker.current()?.state).toBe('never')
})

test('a speed measured under a limit is not taken for that of the connection', () => {
  const { patch, tracker, state } = setup()
  patch([sending()], 4 * megabyte)
  state.settings = { ...state.settings, limitBytesPerSecond: megabyte / 2 }
  state.conditions = {
    ...state.conditions,
    limit: { bytesPerSecond: megabyte / 2, isFromQuietHours: false, untilMs: null },
  }
  patch([], megabyte / 2)
  expect(tracker.current()?.state).toBe('late')
  state.settings = { ...state.settings, limitBytesPerSecond: null }
  state.conditions = {
    ...state.conditions,
    limit: { bytesPerSecond: null, isFromQuietHours: false, untilMs: null },
  }
  tracker.update()
  expect(tracker.current()?.state).toBe('met')
})

test('notifies once that a deadline that was met became unreachable, not on every wobble', () => {
  const { patch, unreachable, state, startMs, clock } = setup()
  patch([sending()], 2 * megabyte)
  patch([], megabyte / 2)
  patch([], 2 * megabyte)
  clock.advance(minuteMs)
  patch([], megabyte / 2)
  expect(unreachable).toEqual([])
  for (let count = 0; count < 14; count += 1) patch([], megabyte / 2)
  expect(unreachable).toHaveLength(1)
  patch([], 2 * megabyte)
  for (let count = 0; count < 14; count += 1) patch([], megabyte / 2)
  expect(unreachable).toHaveLength(1)
  // Another deadline that was never met is not notified.
  state.settings = { ...state.settings, deadlineMs: startMs + 20 * minuteMs }
  for (let count = 0; count < 14; count += 1) patch([], megabyte / 2)
  expect(unreachable).toHaveLength(1)
})

/** The snapshot after a restart. */
const restored = (...rows: readonly UploadRow[]): Snapshot => ({
  rows,
  totals: { ...emptyTotals, waiting: rows.length },
  allPaused: false,
  hold: null,
  line: 'ok',
  sequence: 0,
  isIncomplete: false,
  journalSetAside: null,
  flow: { speed: { stepMs: 1, points: [] }, streamsInUse: 0, streamsLimit: 1 },
})

test('the deadline ends with its queue, also across a restart, and not before', () => {
  const { patch, state, tracker } = setup()
  patch([sending()], 2 * megabyte)
  expect(state.settings.deadlineMs).not.toBe(null)
  patch([{ ...toUploadRow(registeredRecord(), null), id: record.id }], null, { totals: emptyTotals })
  expect([state.settings.deadlineMs, tracker.current()]).toEqual([null, null])
  const next = setup()
  next.tracker.restore(restored())
  expect(next.state.settings.deadlineMs).toBe(null)
})
