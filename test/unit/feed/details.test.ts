import { expect, test } from 'vitest'
import type { PartMap, UploadDetails } from '../../../electron/contract/upload-details.ts'
import type { Phase } from '../../../electron/contract/uploads.ts'
import { createDetails } from '../../../electron/feed/details.ts'
import type { UploadRecord } from '../../../electron/journal/upload-record.ts'
import type { Row } from '../../../electron/journal/rows.ts'
import { standingClock, createTestEnvironment } from '../../support/hand-clock.ts'
import { liveState, uploadRecord, multipartOpenState, storedState } from '../../support/records.ts'

const speed = { stepMs: 1_000, points: [7] }
const inParts = { state: multipartOpenState(2_000_000_000) }

function setup() {
  const clock = standingClock()
  const rows = new Map<string, Row>()
  const reports: UploadDetails[] = []
  const details = createDetails({
    rowOf: (id) => rows.get(id),
    speedOf: () => speed,
    acknowledged: () => [1, 4].map((number) => ({ number, etag: '"e"', checksum: 0 })),
    environment: createTestEnvironment(clock),
  })
  details.subscribe((news) => reports.push(news))
  return {
    clock,
    rows,
    reports,
    details,
    /** Gives a row that phase and reports it. Files have 6.8 GB: one part, or four of 2 GB. */
    put(id: string, phase: Phase, given: Partial<UploadRecord> = {}, inFlightBytes = 0) {
      rows.set(id, {
        record: { ...(rows.get(id)?.record ?? uploadRecord({ id })), ...given },
        live: liveState({ phase, inFlightBytes }),
      })
      details.changed(id)
    },
  }
}

test('reports only the watched upload, at most ten times a second', () => {
  const { put, clock, reports, details } = setup()
  put('a', 'sending')
  put('b', 'sending')
  clock.advance(1_000)
  expect([reports, clock.waits()]).toEqual([[], []])
  expect(details.watch('a')).toMatchObject({ id: 'a', speed })
  for (let ms = 0; ms < 1_000; ms += 10) {
    put('a', 'sending', {}, ms)
    put('b', 'sending', {}, ms)
    clock.advance(10)
  }
  expect(new Set(reports.map(({ id }) => id))).toEqual(new Set(['a']))
  expect(reports).toHaveLength(10)
})

test('shows a single PUT as one part with its bytes', () => {
  const { put, details } = setup()
  const parts = (phase: Phase, bytes = 0, given: Partial<UploadRecord> = {}) => {
    put('a', phase, given, bytes)
    return details.watch('a')?.parts
  }
  expect([parts('waiting'), parts('checking')]).toEqual([null, null])
  const partSizeBytes = 6_800_000_000
  expect(parts('sending', 5)).toEqual({ partSizeBytes, states: 'f', flying: [{ number: 1, bytes: 5 }] })
  expect(parts('registered', 0, { state: storedState() })).toEqual({ partSizeBytes, states: 's', flying: [] })
})

test('shows running parts as reported, and none in flight after the run', () => {
  const { put, details } = setup()
  put('a', 'sending', inParts)
  const map: PartMap = { partSizeBytes: 2e9, states: 'sFuw', flying: [{ number: 2, bytes: 9 }] }
  details.follow('a', () => map)
  expect(details.watch('a')?.parts).toEqual(map)
  put('a', 'paused')
  expect(details.watch('a')?.parts).toEqual({ partSizeBytes: 2e9, states: 'sWww', flying: [] })
})

test('forgets the parts of a run once its upload is removed', () => {
  const { put, rows, details } = setup()
  put('a', 'paused', inParts)
  details.follow('a', () => ({ partSizeBytes: 2e9, states: 'ssss', flying: [] }))
  details.changed('a')
  expect(details.watch('a')?.parts?.states).toBe('ssss')
  rows.delete('a')
  details.changed('a')
  put('a', 'paused', inParts)
  expect(details.watch('a')?.parts?.states).toBe('bwwb')
})
