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

test('time without a turn is no time of sending', () => {
  const record = uploadRecord()
  const { rows, environment, folder } = rowsOnJournal([record], { isLogged: true })
  const { id } = record
  rows.applyEvent(id, 'begin')
  rows.applyEvent(id, 'send', { state: { kind: 'queued', started: true } })
  rows.progress(id, { inFlightBytes: 100 })
  environment.clock.advance(3_000)
  rows.setTurn(id, true)
  environment.clock.advance(60_000)
  rows.setTurn(id, false)
  environment.clock.advance(2_000)
  rows.applyEvent(id, 'finish')
  environment.clock.advance(600)
  expect(storedEvents(folder, id)[1]).toMatchObject({ event: 'sending', sendingMs: 5_000, sentBytes: 100 })
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

test('writes what is added within 150 ms together', () => {
  const record = uploadRecord()
  const { environment, folder, store } = rowsOnJournal([record])
  store.logs.append(record.id, checking)
  environment.clock.advance(149)
  store.logs.append(record.id, { kind: 'event', event: { event: 'sending', atMs: 2 } })
  expect(storedEvents(folder, record.id)).toEqual([])
  environment.clock.advance(1)
  expect(names(storedEvents(folder, record.id))).toEqual(['checking', 'sending'])
  expect(environment.clock.waits()).toEqual([])
})

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

test('keeps 500 items of an upload in memory while they can’t be written', () => {
  const record = uploadRecord()
  const { store, breakJournal } = rowsOnJournal([record])
  breakJournal()
  store.logs.append(record.id, { kind: 'event', event: { event: 'sending', atMs: 1 } })
  const transfer = { acknowledgedBytes: 0, sendingMs: 0, interruptedParts: 0, unconfirmedBytes: 0 }
  for (let count = 0; count < 600; count += 1)
    store.logs.append(record.id, { kind: 'transfer', transfer: { ...transfer, sentBytes: 1 } })
  expect(store.logs.read(record.id).events).toMatchObject([{ event: 'sending', sentBytes: 499 }])
})

test('nothing is written after the journal was closed', () => {
  const record = uploadRecord()
  const { environment, database, store } = rowsOnJournal([record])
  store.logs.append(record.id, checking)
  database.close()
  environment.clock.advance(150)
  expect([environment.lines, environment.clock.waits()]).toEqual([[], []])
})

test('what is flushed is not written again, and a flush that fails ends', () => {
  const record = uploadRecord()
  const { environment, folder, store, breakJournal } = rowsOnJournal([record])
  store.logs.append(record.id, checking)
  store.logs.flush()
  expect([storedEvents(folder, record.id).length, environment.clock.waits()]).toEqual([1, []])
  breakJournal()
  store.logs.append(record.id, checking)
  store.logs.flush()
  expect(environment.lines.map(({ level }) => level)).toEqual(['error'])
})

test('more than 200 logs are written one group right after the other', () => {
  const records = Array.from({ length: 401 }, () => uploadRecord())
  const { environment, store, database } = rowsOnJournal(records)
  for (const { id } of records) store.logs.append(id, checking)
  const { clock } = environment
  const counts = [150, 0, 0].map((delayMs) => {
    expect(clock.waits()).toEqual([delayMs])
    clock.advance(delayMs)
    return Number(database.prepare('SELECT count(*) AS count FROM upload_logs').get()?.['count'])
  })
  expect([counts, clock.waits()]).toEqual([[200, 400, 401], []])
})

test('no log is removed while all have exactly the total, and no more than is needed beyond it', () => {
  const records = Array.from({ length: 4 }, () => uploadRecord())
  const { environment, database, store } = rowsOnJournal(records)
  for (const { id } of records) store.logs.append(id, checking)
  store.logs.flush()
  const [line] = database.prepare('SELECT octet_length(log) AS bytes FROM upload_logs').all()
  const sizeBytes = Number(line?.['bytes'])
  /** As after the next start, whose first log is of an upload that was removed meanwhile. */
  const countAfterCheck = (maxTotalBytes: number) => {
    const logs = createUploadLogStore(database, environment, { maxTotalBytes })
    logs.append('removed', checking)
    logs.flush()
    return Number(database.prepare('SELECT count(*) AS count FROM upload_logs').get()?.['count'])
  }
  const limits = [4 * sizeBytes, 4 * sizeBytes - 1, 2 * sizeBytes, 2 * sizeBytes - 1]
  expect(limits.map(countAfterCheck)).toEqual([4, 3, 2, 1])
})

test('what is still in memory is written when the process closes the journal', () => {
  const record = uploadRecord()
  const { store, folder } = rowsOnJournal([record])
  store.logs.append(record.id, checking)
  store.close()
  expect(names(storedEvents(folder, record.id))).toEqual(['checking'])
})

test('the total is checked with the first log and then with each 2,000', () => {
  const records = Array.from({ length: 2_001 }, () => uploadRecord())
  const { environment, folder } = rowsOnJournal(records)
  const { database } = openJournal(folder, 0)
  const logs = createUploadLogStore(database, environment, { maxTotalBytes: 0 })
  const countAfter = (from: number, to: number) => {
    for (const { id } of records.slice(from, to)) logs.append(id, checking)
    logs.flush()
    return Number(database.prepare('SELECT count(*) AS count FROM upload_logs').get()?.['count'])
  }
  expect([countAfter(0, 1), countAfter(1, 2_000), countAfter(2_000, 2_001)]).toEqual([0, 1_999, 0])
  database.close()
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

test('what the disk refuses is kept and written later', () => {
  const record = uploadRecord()
  const { rows, environment, folder, store, breakJournal, repairJournal } = rowsOnJournal([record], {
    isLogged: true,
  })
  rows.applyEvent(record.id, 'begin')
  breakJournal()
  environment.clock.advance(600)
  expect(storedEvents(folder, record.id)).toEqual([])
  expect(names(store.logs.read(record.id).events)).toEqual(['checking'])
  repairJournal()
  environment.clock.advance(10_000)
  expect(names(storedEvents(folder, record.id))).toEqual(['checking'])
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

test('ten thousand uploads are logged in about ten megabytes, 200 logs at a time', () => {
  const records = Array.from({ length: 10_000 }, () => uploadRecord())
  const { rows, environment, folder } = rowsOnJournal(records, { isLogged: true })
  for (const { id } of records) {
    rows.applyEvent(id, 'begin')
    rows.applyUnwrittenEvent(id, 'send', { state: { kind: 'queued', started: true } })
    rows.applyUnwrittenEvent(id, 'finish', {})
    rows.applyUnwrittenEvent(id, 'requeue', {})
  }
  let writes = 0
  let longestMs = 0
  environment.clock.advance(500)
  while (environment.clock.waits().length > 0) {
    const startMs = performance.now()
    environment.clock.advance(environment.clock.waits()[0] ?? 0)
    longestMs = Math.max(longestMs, performance.now() - startMs)
    writes += 1
  }
  const { database } = openJournal(folder, 0)
  const sum = database
    .prepare('SELECT count(*) AS count, sum(octet_length(log)) AS bytes FROM upload_logs')
    .get()
  database.close()
  expect(sum?.['count']).toBe(10_000)
  expect(Number(sum?.['bytes'])).toBeLessThan(10_000_000)
  expect(writes).toBe(49)
  console.info(`${String(sum?.['bytes'])} bytes, longest write ${longestMs.toFixed(1)} ms`)
})
