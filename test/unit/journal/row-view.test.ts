import { expect, test } from 'vitest'
import type { UploadRow } from '../../../electron/contract/uploads.ts'
import { toUploadRow, type LiveState } from '../../../electron/journal/row-view.ts'
import type { UploadRecord } from '../../../electron/journal/upload-record.ts'
import { createSpeedMeter } from '../../../electron/platform/speed-meter.ts'
import { standingClock } from '../../support/hand-clock.ts'
import { liveState, registeredRecord, storedState, uploadRecord } from '../../support/records.ts'

const sized = (record: UploadRecord, sizeBytes = 1_000): UploadRecord => ({
  ...record,
  identity: { ...record.identity, sizeBytes },
})
const queued = (given: Partial<UploadRecord> = {}) => sized(uploadRecord(given))

/** What an upload is doing, at 10 bytes per second. */
function liveAt(phase: LiveState['phase'], change: Partial<LiveState> = {}): LiveState {
  const clock = standingClock()
  const speed = createSpeedMeter(clock.now)
  for (let second = 0; second <= 10; second += 1) {
    speed.sample(second * 10)
    clock.advance(second < 10 ? 1_000 : 0)
  }
  const progress = { sentBytes: 300, inFlightBytes: 100, inFlightParts: 2, hashedBytes: 7 }
  return liveState({ phase, ...progress, speed, ...change })
}

const progressOf = ({ sentBytes, inFlightBytes, hashedBytes, bytesPerSecond, secondsLeft }: UploadRow) => [
  sentBytes,
  inFlightBytes,
  hashedBytes,
  bytesPerSecond === null ? null : Math.round(bytesPerSecond),
  secondsLeft === null ? null : Math.round(secondsLeft),
]

test('shows the progress of an upload, and what is left of it in time while it is sent', () => {
  const record = queued()
  expect(progressOf(toUploadRow(record, liveAt('sending')))).toEqual([300, 100, 7, 10, 60])
  expect(progressOf(toUploadRow(record, liveAt('sending'), 0.5))).toEqual([300, 100, 7, 5, 120])
  const idle = [300, 100, 7, null, null]
  expect(progressOf(toUploadRow(record, liveAt('finishing')))).toEqual(idle)
  expect(progressOf(toUploadRow(record, liveAt('sending', { waitsForTurn: true })))).toEqual(idle)
  expect(progressOf(toUploadRow(record, null))).toEqual([0, 0, 0, null, null])
})

const target = { displayName: 'Style', modelType: 'loras', modelPath: 'models/loras/style.safetensors' }
const asVae = { ...target, modelType: 'vae', modelPath: 'models/vae/style.safetensors' }
const seen = { place: '/models', target, offeredType: 'vae' }

test.for<[string, Partial<UploadRecord>, boolean | undefined]>([
  ['as suggested', { target, seen }, undefined],
  ['as suggested for the type that the user chose', { target: asVae, seen }, undefined],
  ['that the user chose', { target: { ...target, modelPath: 'models/loras/mine.safetensors' }, seen }, true],
  ['of an older version', { target }, undefined],
])('marks a path that differs from the suggestion: one %s', ([, given, isPathEdited]) => {
  expect(toUploadRow(queued(given), null).isPathEdited).toBe(isPathEdited)
})

test.for<[string, Partial<UploadRecord>, string | undefined]>([
  ['before anything was sent', {}, 'vae'],
  ['once bytes were sent', { state: { kind: 'queued', started: true } }, undefined],
  ['once the user has chosen a type', { target: asVae }, undefined],
  ['of an older version', { seen: undefined }, undefined],
])('offers the type of similar files for an upload %s', ([, given, offeredType]) => {
  expect(toUploadRow(queued({ target, seen, ...given }), null).offeredType).toBe(offeredType)
})

test('shows what storage and the library have of an upload', () => {
  const replaces = { modelId: 'old', name: 'Old', path: 'p', fate: 'delete', asidePath: null } as const
  const factsOf = ({ sha256, storageKey, modelId, finishedAtMs, started }: UploadRow) => [
    sha256,
    storageKey,
    modelId,
    finishedAtMs,
    started,
  ]
  const none = [null, null, null, null]
  expect(factsOf(toUploadRow(queued(), null))).toEqual([...none, false])
  expect(factsOf(toUploadRow(queued({ state: { kind: 'queued', started: true } }), null))).toEqual([
    ...none,
    true,
  ])
  const stored = storedState({ storageKey: 'k', sha256: 'ab' })
  expect(factsOf(toUploadRow(queued({ state: stored }), null))).toEqual(['ab', 'k', null, null, true])
  const done = registeredRecord({ storageKey: 'k', sha256: 'ab', modelId: 'm', finishedAtMs: 5 })
  expect(factsOf(toUploadRow(done, null))).toEqual(['ab', 'k', 'm', 5, true])
  const shown = toUploadRow(queued({ library: { replaces } }), liveAt('retrying', { retryAtMs: 9 }))
  expect([shown.replaces, shown.phase, shown.retryAtMs]).toEqual([replaces, 'retrying', 9])
  expect([toUploadRow(done, null).phase, toUploadRow(done, null).retryAtMs]).toEqual(['registered', null])
})
