import { failure } from '../../../electron/contract/failures.ts'
import { expect, test } from 'vitest'
import { logDocumentOf, type LogEvent } from '../../../electron/contract/upload-log.ts'
import type { UploadRow } from '../../../electron/contract/uploads.ts'
import { toUploadRow } from '../../../electron/journal/row-view.ts'
import { registeredRecord, uploadRecord } from '../../support/records.ts'

const registered = toUploadRow(registeredRecord({ finishedAtMs: 60_000 }), null)
const waiting = toUploadRow(uploadRecord(), null)
const documentOf = (row: UploadRow, ...events: readonly LogEvent[]) =>
  logDocumentOf(row, { events, speed: [] })
const totalsOf = (...events: readonly LogEvent[]) => documentOf(waiting, ...events).totals

test('the totals sum what the phases have sent, repeated and lost', () => {
  const sending: LogEvent = { event: 'sending', atMs: 0, sentBytes: 3_000, sendingMs: 1_500 }
  expect(
    totalsOf(
      sending,
      { event: 'paused', atMs: 1, interruptedParts: 2, unconfirmedBytes: 40 },
      { ...sending, interruptedParts: 1, unconfirmedBytes: 2, lostBytes: 7 },
      { event: 'failed', atMs: 2, lostBytes: 3 },
    ),
  ).toEqual({
    sentBytes: 6_000,
    sendingMs: 3_000,
    bytesPerSecond: 2_000,
    retries: 0,
    interruptedParts: 3,
    unconfirmedBytes: 42,
    lostBytes: 10,
  })
})

test('each repetition of a retry counts, also among events that were omitted', () => {
  const { retries } = totalsOf(
    { event: 'retrying', atMs: 0 },
    { event: 'retrying', atMs: 1, count: 5, lastAtMs: 9 },
    { event: 'omitted', atMs: 2, count: 30, retries: 4 },
    { event: 'paused', atMs: 3, count: 2 },
  )
  expect(retries).toBe(10)
})

test('a log that ends early gets the outcome of its record', () => {
  const eventsOf = (row: UploadRow, ...events: readonly LogEvent[]) =>
    documentOf(row, ...events).events.map(({ event, at }) => [event, at])
  const start = '1970-01-01T00:00:00.000Z'
  const end = '1970-01-01T00:01:00.000Z'
  const found = { ...registered, already: { name: 'a', path: null, status: 'active' } }
  expect(eventsOf(registered, { event: 'sending', atMs: 0 })).toEqual([
    ['sending', start],
    ['registered', end],
  ])
  expect(eventsOf(found)).toEqual([['found', end]])
  for (const event of ['registered', 'found'] as const)
    expect(eventsOf(registered, { event, atMs: 0 })).toEqual([[event, start]])
  expect(eventsOf(waiting)).toEqual([])
})

test('a failure without a log is its only event, and is not added to a log', () => {
  const failed: UploadRow = {
    ...waiting,
    addedAtMs: 60_000,
    phase: 'failed',
    failure: failure('file-changed', {}, { detail: 'x' }),
  }
  expect(documentOf(failed).events).toEqual([
    { event: 'failed', at: '1970-01-01T00:01:00.000Z', failure: { code: 'file-changed', params: {} } },
  ])
  expect(documentOf(failed, { event: 'paused', atMs: 0 }).events).toHaveLength(1)
  expect(documentOf({ ...failed, phase: 'retrying' }).events).toEqual([])
})
