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

test('stops reporting and drops pending updates when nothing is watched', () => {
  const { put, clock, reports, details } = setup()
  put('a', 'sending')
  details.watch('a')
  put('a', 'sending', {}, 1)
  expect(details.watch(null)).toBeNull()
  put('a', 'sending', {}, 2)
  expect(clock.waits()).toEqual([])
  clock.advance(1_000)
  expect(reports).toEqual([])
})

test('repeats the details of a running upload although nothing moves', () => {
  const { put, clock, reports, details } = setup()
  put('a', 'sending')
  details.watch('a')
  details.renew()
  clock.advance(100)
  expect(reports).toHaveLength(1)
  put('a', 'paused')
  clock.advance(100)
  details.renew()
  expect([reports.length, clock.waits()]).toEqual([2, []])
})

test('has no details of an upload outside the queue', () => {
  expect(setup().details.watch('gone')).toBeNull()
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

test('reads the parts of an earlier start from the journal', () => {
  const { put, details } = setup()
  put('a', 'paused', inParts)
  expect(details.watch('a')?.parts).toEqual({ partSizeBytes: 2e9, states: 'bwwb', flying: [] })
  put('a', 'registered', { state: storedState({ multipart: inParts.state.multipart }) })
  expect(details.watch('a')?.parts?.states).toBe('bbbb')
})

test('shows no more parts than storage accepts, whatever size the server has set', () => {
  const { put, details } = setup()
  put('a', 'waiting', { state: multipartOpenState(1) })
  expect(details.watch('a')?.parts?.states).toMatch(/^b..b.{9996}$/)
})

test('reports a change a tenth of a second later, and once', () => {
  const { put, clock, reports, details } = setup()
  put('a', 'sending')
  details.watch('a')
  put('a', 'sending', {}, 1)
  clock.advance(99)
  expect(reports).toEqual([])
  clock.advance(1)
  expect(reports.map(({ parts }) => parts?.flying)).toEqual([[{ number: 1, bytes: 1 }]])
  clock.advance(1_000)
  expect([reports.length, clock.waits()]).toEqual([1, []])
})

test('drops the pending report of the upload that was watched before', () => {
  const { put, clock, reports, details } = setup()
  put('a', 'sending')
  put('b', 'sending')
  details.watch('a')
  put('a', 'sending', {}, 1)
  expect(details.watch('b')?.id).toBe('b')
  clock.advance(1_000)
  expect(reports).toEqual([])
})

test('reports nothing about a watched upload that was removed', () => {
  const { put, clock, rows, reports, details } = setup()
  put('a', 'sending')
  details.watch('a')
  rows.delete('a')
  details.changed('a')
  clock.advance(100)
  details.renew()
  expect([reports, clock.waits()]).toEqual([[], []])
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

test.each([true, false])('reports nothing after it is closed while a report is pending: %s', (isPending) => {
  const { put, clock, reports, details } = setup()
  put('a', 'sending')
  details.watch('a')
  if (isPending) put('a', 'sending', {}, 1)
  details.close()
  expect(clock.waits()).toEqual([])
  put('a', 'sending', {}, 2)
  clock.advance(1_000)
  expect(reports).toEqual([])
})

test('shows a single PUT until storage has closed the file, and nothing while nothing is watched', () => {
  const { put, clock, details } = setup()
  put('a', 'finishing', {}, 9)
  expect(details.watch('a')?.parts).toMatchObject({ states: 'f', flying: [{ number: 1, bytes: 9 }] })
  put('a', 'retrying')
  expect(details.watch('a')?.parts).toBeNull()
  details.watch(null)
  put('a', 'sending')
  details.renew()
  expect(clock.waits()).toEqual([])
})

test('shows parts that wait for their URL or are repeated as waiting after the run', () => {
  const { put, details } = setup()
  put('a', 'paused', inParts)
  details.follow('a', () => ({ partSizeBytes: 2e9, states: 'fuFUffuuFFUUsSbB', flying: [] }))
  expect(details.watch('a')?.parts?.states).toBe('wwWWwwwwWWWWsSbB')
})
