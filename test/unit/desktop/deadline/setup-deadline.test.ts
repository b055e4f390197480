import { expect, test } from 'vitest'
import type { Patch, Snapshot } from '../../../../electron/contract/uploads.ts'
import { setupDeadline } from '../../../../electron/desktop/deadline/setup-deadline.ts'
import { toUploadRow } from '../../../../electron/journal/row-view.ts'
import { valueOf } from '../../../support/engine.ts'
import { fakeEngine } from '../../../support/fake-engine.ts'
import { createTestEnvironment, standingClock } from '../../../support/hand-clock.ts'
import { memorySettings } from '../../../support/memory-settings.ts'
import { uploadRecord } from '../../../support/records.ts'
import { emptyTotals } from '../../../support/totals.ts'
import { idleConditions } from '../../../support/idle-conditions.ts'

const hourMs = 3_600_000
/** The deadline of a queue with one upload, which takes half an hour. */
function setup() {
  const clock = standingClock()
  const settings = memorySettings({ deadlineMs: clock.now() + hourMs })
  const started = Promise.withResolvers<void>()
  const state = { conditions: idleConditions, sendPatch: (_patch: Patch) => {}, conditionsChanged: () => {} }
  const row = { ...toUploadRow(uploadRecord(), null), sizeBytes: 1_800_000_000 }
  const totals = { ...emptyTotals, running: 1, bytesPerSecond: 1_000_000 }
  const sent: unknown[] = []
  const { deadline } = setupDeadline({
    engine: fakeEngine({
      subscribe({ patch }) {
        if (patch) state.sendPatch = patch
        return () => {}
      },
      snapshot: () => ({ rows: [row], totals, allPaused: false }) as unknown as Snapshot,
    }),
    settings,
    conditions: {
      current: () => state.conditions,
      onChange: (listener) => (state.conditionsChanged = () => listener(state.conditions, state.conditions)),
    },
    notifications: { notifyDeadline: (view) => void sent.push(['notified', view.state]) },
    feed: { sendEvent: (name, value) => void sent.push([name, (value as { state?: string } | null)?.state]) },
    started,
    environment: createTestEnvironment(clock),
  })
  return {
    clock,
    settings,
    state,
    sent,
    start: started.resolve,
    current: async () => valueOf(await deadline(undefined))?.state,
    measure() {
      state.sendPatch({ changed: [row], removed: [], totals, allPaused: false } as unknown as Patch)
      clock.advance(5_000)
    },
  }
}

test('the page gets the deadline of the restored queue, and each change of its state', async () => {
  const { current, sent, start, measure } = setup()
  expect(await current()).toBe(undefined)
  start()
  await expect.poll(current).toBe('unknown')
  measure()
  expect(await current()).toBe('met')
  expect(sent).toEqual([
    ['deadline', 'unknown'],
    ['deadline', 'met'],
  ])
})

test('a change of the settings or of the conditions changes the state at once', async () => {
  const { clock, current, settings, state, measure } = setup()
  measure()
  settings.change({ deadlineMs: clock.now() + hourMs / 4 })
  expect(await current()).toBe('late')
  state.conditions = { ...idleConditions, hold: { kind: 'battery', percent: 9, belowPercent: 20 } }
  state.conditionsChanged()
  expect(await current()).toBe('unknown')
})
