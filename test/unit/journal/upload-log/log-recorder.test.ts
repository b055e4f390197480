import { expect, test } from 'vitest'
import { failure } from '../../../../electron/contract/failures.ts'
import type { LogEvent } from '../../../../electron/contract/upload-log.ts'
import type { Phase } from '../../../../electron/contract/uploads.ts'
import type { LiveState } from '../../../../electron/journal/row-view.ts'
import { createLogRecorder, type HoldReason } from '../../../../electron/journal/upload-log/log-recorder.ts'
import type { LogItem } from '../../../../electron/journal/upload-log/upload-log.ts'
import type { UploadRecord } from '../../../../electron/journal/upload-record.ts'
import { createSpeedMeter } from '../../../../electron/platform/speed-meter.ts'
import { createTestEnvironment, standingClock } from '../../../support/hand-clock.ts'
import { liveState, uploadRecord } from '../../../support/records.ts'

/** A recorder for one upload, and what it has added to the log. */
function setup(given: Partial<UploadRecord> = {}) {
  const clock = standingClock(1_000)
  const items: LogItem[] = []
  const recorder = createLogRecorder(
    { append: (_id, item) => void items.push(item) },
    createTestEnvironment(clock),
  )
  const record = uploadRecord(given)
  return {
    clock,
    recorder,
    enter(from: Phase, to: Phase, change: Partial<LiveState> = {}, retryAtMs: number | null = null) {
      const live = liveState({ phase: from, speed: createSpeedMeter(clock.now), ...change })
      recorder.entered(record, live, { from, to, retryAtMs })
    },
    progress: (movedBytes: number, acknowledgedBytes = 0) =>
      recorder.progressed(record.id, { movedBytes, acknowledgedBytes }),
    items,
    events: () => items.flatMap((item) => (item.kind === 'event' ? item.event : [])),
  }
}

test.for<[Phase, HoldReason | null, Partial<LogEvent> | null]>([
  ['review', 'all', { event: 'approved' }],
  ['paused', 'all', { event: 'resumed' }],
  ['failed', null, { event: 'resumed' }],
  ['retrying', 'all', null],
  ...(['checking', 'sending', 'finishing', 'registering'] as const).flatMap((phase) => [
    [phase, null, { event: 'waiting' }] satisfies [Phase, null, Partial<LogEvent>],
    [phase, 'battery', { event: 'paused', reason: 'battery' }] satisfies [
      Phase,
      HoldReason,
      Partial<LogEvent>,
    ],
  ]),
])('records why an upload that was %s waits again (queue held: %s)', ([from, reason, event]) => {
  const { recorder, enter, events } = setup()
  recorder.setHoldReason(reason)
  enter(from, 'waiting')
  expect(events()).toEqual(event ? [{ ...event, atMs: 1_000 }] : [])
})

const busy = failure('storage-busy')
const missing = failure('disk-missing', { folder: '/disk' })
const already = { name: 'M', path: null, status: 'active' }

test.for<[string, Phase, Partial<UploadRecord>, Omit<LogEvent, 'atMs'>]>([
  ['that is checked', 'checking', { failure: busy }, { event: 'checking' }],
  ['whose bytes are sent', 'finishing', {}, { event: 'finishing' }],
  [
    'that waits for a retry',
    'retrying',
    { failure: busy },
    { event: 'retrying', failure: busy, retryAtMs: 5 },
  ],
  [
    'that waits for its disk',
    'retrying',
    { failure: missing },
    { event: 'paused', reason: 'disk', failure: missing },
  ],
  ['that the user has paused', 'paused', {}, { event: 'paused', reason: 'user' }],
  ['that has failed', 'failed', { failure: busy }, { event: 'failed', failure: busy }],
  ['that is registered', 'registered', {}, { event: 'registered' }],
  ['whose bytes the library has', 'registered', { library: { already } }, { event: 'found' }],
  ['that is reviewed', 'review', {}, { event: 'in-review' }],
])('records an upload %s', ([, to, given, event]) => {
  const { enter, events } = setup(given)
  enter('checking', to, {}, to === 'retrying' ? 5 : null)
  expect(events()).toEqual([{ ...event, atMs: 1_000 }])
})

test('records what was sent when sending ends, with the parts that were in flight', () => {
  const { enter, clock, progress, items } = setup()
  enter('checking', 'sending')
  progress(700, 400)
  clock.advance(3_000)
  progress(-100)
  enter('sending', 'finishing', { inFlightBytes: 200, inFlightParts: 2 })
  expect(items.slice(1)).toEqual([
    {
      kind: 'transfer',
      transfer: {
        sentBytes: 700,
        acknowledgedBytes: 400,
        sendingMs: 3_000,
        interruptedParts: 3,
        unconfirmedBytes: 300,
      },
    },
    { kind: 'event', event: { event: 'finishing', atMs: 4_000 } },
  ])
})
