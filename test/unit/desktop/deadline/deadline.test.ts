import { expect, test } from 'vitest'
import type { Conditions } from '../../../../electron/contract/conditions.ts'
import type { DeadlineView } from '../../../../electron/contract/deadline.ts'
import { defaultSettings, type Settings } from '../../../../electron/contract/settings.ts'
import type { Patch, UploadRow } from '../../../../electron/contract/uploads.ts'
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
    views,
    unreachable,
    apply,
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

test('claims nothing before the speed was measured', () => {
  const { patch, tracker } = setup()
  patch([sending()], null)
  expect(tracker.current()).toMatchObject({ state: 'unknown', doneAtMs: null, suggestions: [] })
  patch([], 2 * megabyte)
  expect(tracker.current()?.state).toBe('met')
})

test('computes the forecast once for a patch and a change that follow each other', () => {
  const { apply, patch, tracker, clock, views } = setup()
  patch([sending()], 2 * megabyte)
  apply([sending(megabyte)], 2 * megabyte)
  clock.advance(1_000)
  tracker.update()
  const count = views.length
  clock.advance(60_000)
  expect(views).toHaveLength(count)
  apply([sending(2 * megabyte)], 2 * megabyte)
  clock.advance(60_000)
  expect(views).toHaveLength(count + 1)
})

test('claims nothing while it isn’t known when a pause ends', () => {
  const { patch, tracker, state } = setup()
  patch([sending()], 2 * megabyte)
  state.conditions = { ...state.conditions, hold: { kind: 'battery', percent: 9, belowPercent: 20 } }
  tracker.update()
  expect(tracker.current()?.state).toBe('unknown')
  state.conditions = { ...state.conditions, hold: null }
  patch([], 2 * megabyte, { allPaused: true })
  expect(tracker.current()?.state).toBe('unknown')
})

test('counts the rest of a file of which a part is sent', () => {
  const { patch, tracker, clock } = setup()
  patch([sending(1_800 * megabyte)], megabyte)
  expect(tracker.current()).toMatchObject({ state: 'met', doneAtMs: clock.now() + 30 * minuteMs })
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
  const { patch, unreachable, state, startMs } = setup()
  patch([sending()], 2 * megabyte)
  patch([], megabyte / 2)
  patch([], 2 * megabyte)
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

test('the deadline ends with its queue, also across a restart, and not before', () => {
  const { patch, state, tracker } = setup()
  patch([sending()], 2 * megabyte)
  expect(state.settings.deadlineMs).not.toBe(null)
  patch([{ ...toUploadRow(registeredRecord(), null), id: record.id }], null)
  expect([state.settings.deadlineMs, tracker.current()]).toEqual([null, null])
  const next = setup()
  next.tracker.restore({
    rows: [],
    totals: emptyTotals,
    allPaused: false,
    line: 'ok',
    sequence: 0,
    isIncomplete: false,
    journalSetAside: null,
    flow: { speed: { stepMs: 1, points: [] }, streamsInUse: 0, streamsLimit: 1 },
  })
  expect(next.state.settings.deadlineMs).toBe(null)
})
