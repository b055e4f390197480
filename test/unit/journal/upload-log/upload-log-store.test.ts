import { expect, test } from 'vitest'
import { failure } from '../../../../electron/contract/failures.ts'
import { createUploadLogStore } from '../../../../electron/journal/upload-log/upload-log-store.ts'
import { openJournal } from '../../../../electron/journal/journal-file.ts'
import { readUploadLogs } from '../../../../electron/journal/journal-reader.ts'
import { valueOf } from '../../../support/engine.ts'
import { multipartOpenState, registeredRecord, uploadRecord } from '../../../support/records.ts'
import { rowsOnJournal } from '../../../support/rows-on-journal.ts'

/** The events of an upload as another process reads them from the disk. */
const storedEvents = (folder: string, id: string) =>
  valueOf(readUploadLogs(folder, id)).flatMap(({ log }) => log.events)
const names = (events: readonly { readonly event: string }[]) => events.map(({ event }) => event)

test('writes phases, retries and pauses of an upload with their reasons', () => {
  const record = uploadRecord({ state: multipartOpenState(1_000) })
  const { rows, environment, folder } = rowsOnJournal([record], { isLogged: true })
  const { id } = record
  const { clock } = environment
  rows.applyEvent(id, 'begin')
  rows.applyEvent(id, 'send')
  rows.progress(id, { inFlightBytes: 600, inFlightParts: 2 })
  clock.advance(2_000)
  rows.progress(id, { sentBytes: 1_000, inFlightBytes: 500, inFlightParts: 1 })
  rows.applyEvent(id, 'trouble', { failure: failure('storage-busy') }, environment.now() + 4_000)
  clock.advance(4_000)
  rows.applyEvent(id, 'begin')
  rows.applyEvent(id, 'trouble', { failure: failure('offline') }, environment.now() + 1_000)
  rows.waitForConnection(id)
  rows.applyEvent(id, 'begin')
  rows.applyEvent(id, 'trouble', { failure: failure('disk-missing', { folder: '/media/disk' }) })
  rows.applyEvent(id, 'begin')
  rows.setHoldReason('quiet-hours')
  rows.applyEvent(id, 'requeue')
  rows.setHoldReason(null)
  rows.applyEvent(id, 'begin')
  rows.applyEvent(id, 'pause')
  rows.applyEvent(id, 'resume')
  clock.advance(600)
  const events = storedEvents(folder, id)
  expect(names(events)).toEqual([
    ...['checking', 'sending', 'retrying', 'checking', 'paused', 'resumed', 'checking'],
    ...['paused', 'resumed', 'checking', 'paused', 'resumed', 'checking', 'paused', 'resumed'],
  ])
  expect(events.flatMap(({ reason }) => reason ?? [])).toEqual(['offline', 'disk', 'quiet-hours', 'user'])
  expect(events[1]).toMatchObject({
    sentBytes: 1_500,
    acknowledgedBytes: 1_000,
    sendingMs: 2_000,
    interruptedParts: 1,
    unconfirmedBytes: 500,
  })
  expect(events[2]).toMatchObject({ failure: { code: 'storage-busy' }, retryAtMs: expect.any(Number) })
})

test('counts parts that are sent again during a run, and what a restart loses', () => {
  const record = uploadRecord({ state: multipartOpenState(1_000) })
  const { rows, environment, folder } = rowsOnJournal([record], { isLogged: true })
  const { id } = record
  rows.applyEvent(id, 'begin')
  rows.applyEvent(id, 'send')
  rows.progress(id, { sentBytes: 2_000, inFlightBytes: 900, inFlightParts: 3 })
  environment.clock.advance(1_000)
  rows.progress(id, { sentBytes: 2_000, inFlightBytes: 500, inFlightParts: 2 })
  rows.progress(id, { sentBytes: 2_000, inFlightBytes: 0, inFlightParts: 0 })
  rows.applyEvent(id, 'refuse', {
    failure: failure('file-changed'),
    state: { kind: 'queued', started: false },
  })
  environment.clock.advance(600)
  expect(storedEvents(folder, id).slice(1)).toMatchObject([
    { event: 'sending', interruptedParts: 2, unconfirmedBytes: 900 },
    { event: 'failed', failure: { code: 'file-changed' }, lostBytes: 2_000 },
  ])
})

test('a killed process leaves its log, and the next one records that it ended', () => {
  const record = uploadRecord()
  const { rows, environment, folder } = rowsOnJournal([record], { isLogged: true })
  rows.applyEvent(record.id, 'begin')
  environment.clock.advance(600)
  // Another connection, as after a kill: the first one is not closed.
  const { database } = openJournal(folder, 0)
  const next = createUploadLogStore(database, environment)
  next.append(record.id, { kind: 'event', event: { event: 'checking', atMs: 99 } })
  expect(names(next.read(record.id).events)).toEqual(['checking', 'ended', 'checking'])
  environment.clock.advance(600)
  expect(names(storedEvents(folder, record.id))).toEqual(['checking', 'ended', 'checking'])
  next.append(record.id, { kind: 'event', event: { event: 'sending', atMs: 100 } })
  environment.clock.advance(600)
  expect(names(storedEvents(folder, record.id))).toEqual(['checking', 'ended', 'checking', 'sending'])
  database.close()
})

const checking = { kind: 'event', event: { event: 'checking', atMs: 1 } } as const

test('tries again ten seconds after the disk refused a log', () => {
  const record = uploadRecord()
  const { environment, folder, store, breakJournal, repairJournal } = rowsOnJournal([record])
  store.logs.append(record.id, checking)
  breakJournal()
  environment.clock.advance(150)
  expect(environment.clock.waits()).toEqual([10_000])
  repairJournal()
  environment.clock.advance(9_999)
  expect(storedEvents(folder, record.id)).toEqual([])
  environment.clock.advance(1)
  expect(storedEvents(folder, record.id)).toHaveLength(1)
})

test('nothing is written after the journal was closed', () => {
  const record = uploadRecord()
  const { environment, database, store } = rowsOnJournal([record])
  store.logs.append(record.id, checking)
  database.close()
  environment.clock.advance(150)
  expect([environment.lines, environment.clock.waits()]).toEqual([[], []])
})

test('what is still in memory is written when the process closes the journal', () => {
  const record = uploadRecord()
  const { store, folder } = rowsOnJournal([record])
  store.logs.append(record.id, checking)
  store.close()
  expect(names(storedEvents(folder, record.id))).toEqual(['checking'])
})

test('a log is deleted with its upload and is not written again', () => {
  const record = uploadRecord()
  const { rows, environment, folder, store } = rowsOnJournal([record], { isLogged: true })
  rows.applyEvent(record.id, 'begin')
  rows.applyEvent(record.id, 'requeue')
  environment.clock.advance(600)
  expect(storedEvents(folder, record.id)).toHaveLength(2)
  store.logs.append(record.id, { kind: 'event', event: { event: 'checking', atMs: 1 } })
  rows.remove([record.id])
  environment.clock.advance(600)
  const { database } = openJournal(folder, 0)
  expect(database.prepare('SELECT count(*) AS count FROM upload_logs').get()).toEqual({ count: 0 })
  database.close()
})

test('beyond the total limit the oldest logs are removed, those of finished uploads first', () => {
  const finished = registeredRecord()
  const records = [...Array.from({ length: 5 }, () => uploadRecord()), finished]
  const { folder, environment } = rowsOnJournal(records, { isLogged: true })
  const { database } = openJournal(folder, 0)
  const logs = createUploadLogStore(database, environment, { maxTotalBytes: 250 })
  for (const { id } of records) {
    environment.clock.advance(1)
    logs.append(id, { kind: 'event', event: { event: 'failed', atMs: 1 } })
  }
  logs.flush()
  const left = database.prepare('SELECT upload, octet_length(log) AS bytes FROM upload_logs').all()
  const bytes = left.reduce((sum, line) => sum + Number(line['bytes']), 0)
  expect(left.length).toBeGreaterThan(2)
  expect(left.map(({ upload }) => upload)).not.toContain(finished.id)
  expect(bytes).toBeLessThanOrEqual(250)
  database.close()
})
