import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { failed, failure, success, type Result } from '../../../electron/contract/failures.ts'
import { journalFile, openJournal } from '../../../electron/journal/journal-file.ts'
import { Rows } from '../../../electron/journal/rows.ts'
import type { UploadRecord } from '../../../electron/journal/upload-record.ts'
import { createUploadStore, type UploadStore } from '../../../electron/journal/upload-store.ts'
import { standingClock, createTestEnvironment } from '../../support/hand-clock.ts'
import {
  registeredRecord,
  uploadRecord,
  multipartOpenState,
  registeredState,
  storedState,
  noLog,
} from '../../support/records.ts'

function setup(given: Partial<Pick<UploadStore, 'flush'>> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'modelferry-rows-'))
  const clock = standingClock()
  const environment = createTestEnvironment(clock)
  const { database } = openJournal(folder, 0)
  const store = { ...createUploadStore(database, environment), ...given }
  const changed: string[] = []
  const limit: { bytesPerSecond: number | null } = { bytesPerSecond: null }
  const rows = new Rows({
    store,
    log: noLog,
    environment,
    changed: (id) => changed.push(id),
    moved: () => {},
    limitBytesPerSecond: () => limit.bytesPerSecond,
    mayAdd: (accountId) => accountId !== 'cloud.example departed',
  })
  onTestFinished(() => {
    database.close()
    rmSync(folder, { recursive: true })
  })
  return {
    rows,
    store,
    changed,
    /** Reads the journal through another connection. */
    readAsOther(id: string) {
      // Opening the whole journal waits 5 s for a lock during a transaction.
      const other = new DatabaseSync(journalFile(folder), { readOnly: true })
      const record = createUploadStore(other, environment).find(id)
      other.close()
      return record
    },
    added(change: Partial<UploadRecord> = {}) {
      const record = uploadRecord(change)
      rows.add([record])
      return record.id
    },
    /** Makes all further writes fail. */
    refuseWrites: () => database.exec('PRAGMA query_only = ON'),
    allowWrites: () => database.exec('PRAGMA query_only = OFF'),
  }
}

test('stores each step before reporting it', () => {
  const { rows, store, added, changed } = setup()
  const id = added()
  rows.applyEvent(id, 'begin')
  rows.applyEvent(id, 'send', { state: { kind: 'queued', started: true } })
  expect([rows.view(id)?.phase, store.find(id)?.phase, store.find(id)?.state]).toEqual([
    ...['sending', 'waiting', { kind: 'queued', started: true }],
  ])
  rows.applyEvent(id, 'refuse', { failure: failure('file-changed') })
  expect(store.find(id)).toMatchObject({ phase: 'failed', failure: { code: 'file-changed' } })
  expect(changed).toEqual([id, id, id, id])
})

/** An upload that is being registered, and the event that ends that. */
function registering({ rows, added }: Pick<ReturnType<typeof setup>, 'rows' | 'added'>) {
  const id = added()
  rows.applyEvent(id, 'begin')
  rows.applyEvent(id, 'register', { state: storedState() })
  return { id, registered: { id, event: 'registered', change: { state: registeredState('m', 1) } } } as const
}

test('becomes registered once that is on the disk, and not if the disk fails', async () => {
  const flushes = [Promise.withResolvers<Result<void>>(), Promise.withResolvers<Result<void>>()]
  const [failing, flushing] = flushes
  const waiting = flushes.map(({ promise }) => promise)
  const { rows, added, readAsOther } = setup({ flush: () => waiting.shift() ?? expect.unreachable() })
  const { id, registered } = registering({ rows, added })
  const full = failed(failure('journal-full'))
  const refused = rows.applyEventsAfterFlush([registered])
  failing?.resolve(full)
  expect([await refused, rows.view(id)?.phase]).toEqual([full, 'registering'])
  const written = rows.applyEventsAfterFlush([registered])
  await nextTurn()
  expect([rows.view(id)?.phase, readAsOther(id)?.phase]).toEqual(['registering', 'registered'])
  flushing?.resolve(success(undefined))
  expect(await written).toEqual(success(undefined))
  expect(rows.view(id)).toMatchObject({ phase: 'registered', modelId: 'm' })
})

test('what the user changes while the disk is flushed is kept', async () => {
  const { rows, added, readAsOther } = setup()
  const { id, registered } = registering({ rows, added })
  const written = rows.applyEventsAfterFlush([registered])
  rows.change(id, { allowed: true })
  expect(await written).toEqual(success(undefined))
  const expected = { phase: 'registered', allowed: true, state: { kind: 'registered' } }
  expect([rows.get(id)?.record, readAsOther(id)]).toMatchObject([expected, expected])
})

test('an upload that is removed before or while the disk is flushed does not come back', async () => {
  const { rows, added, store } = setup()
  const before = registering({ rows, added })
  const removed = registering({ rows, added })
  const kept = registering({ rows, added })
  rows.remove([before.id])
  const written = rows.applyEventsAfterFlush([before.registered, removed.registered, kept.registered])
  rows.remove([removed.id])
  expect(await written).toEqual(success(undefined))
  expect([rows.get(removed.id), store.find(removed.id), store.find(before.id)]).toEqual([
    undefined,
    null,
    null,
  ])
  expect(rows.view(kept.id)?.phase).toBe('registered')
})

test('does not become registered if that could not be written', async () => {
  const { rows, added, refuseWrites } = setup()
  const id = added()
  rows.applyEvent(id, 'begin')
  rows.applyEvent(id, 'register', { state: storedState() })
  refuseWrites()
  const refused = { ok: false, failure: { code: 'journal-trouble' } }
  const change = { state: registeredState('m', 1) }
  expect(rows.applyEvent(id, 'registered', change)).toMatchObject(refused)
  expect(await rows.applyEventsAfterFlush([{ id, event: 'registered', change }])).toMatchObject(refused)
  expect(rows.view(id)).toMatchObject({ phase: 'registering', modelId: null })
})

test('does not become a duplicate if that could not be written', () => {
  const { rows, added, refuseWrites } = setup()
  const id = added()
  rows.applyEvent(id, 'begin')
  refuseWrites()
  const written = rows.applyEvent(id, 'found', {
    state: { kind: 'duplicate', modelId: 'm', sha256: 'ab', finishedAtMs: 1 },
  })
  expect(written).toMatchObject({ ok: false, failure: { code: 'journal-trouble' } })
  expect(rows.view(id)).toMatchObject({ phase: 'checking', modelId: null })
})

test('starts the next attempt with a write after the journal failed', () => {
  const { rows, added, refuseWrites, allowWrites, store } = setup()
  const id = added()
  rows.applyEvent(id, 'begin')
  refuseWrites()
  rows.applyEvent(id, 'trouble', { failure: failure('journal-full') })
  expect(rows.applyEvent(id, 'begin')).toMatchObject({ ok: false })
  rows.applyEvent(id, 'trouble', { failure: failure('journal-full') })
  allowWrites()
  expect(rows.applyEvent(id, 'begin')).toMatchObject({ ok: true })
  expect(store.find(id)?.failure?.code).toBe('journal-full')
})

test('restores the acknowledged bytes of multipart uploads', () => {
  const { rows, store } = setup()
  const state = multipartOpenState(2_000_000_000)
  const [paused, other] = [uploadRecord({ state, phase: 'paused' }), uploadRecord()]
  store.add([paused, other])
  for (const number of [1, 4]) store.parts.add(paused.id, { number, etag: '"e"', checksum: 1 })
  rows.restore([paused, other])
  // The fourth part is the rest of 6.8 GB.
  expect([rows.view(paused.id)?.sentBytes, rows.view(other.id)?.sentBytes]).toEqual([2_800_000_000, 0])
})

test('leaves nothing of uploads in the journal whose adding was not flushed', () => {
  const { rows, store } = setup()
  const { add } = store
  store.add = (records) => {
    add(records)
    return failed(failure('journal-full'))
  }
  const record = uploadRecord()
  expect(rows.add([record])).toEqual(failed(failure('journal-full')))
  expect([rows.ids(), store.find(record.id)]).toEqual([[], null])
})

test('resets the count of attempts for acknowledged bytes, not for bytes in flight', () => {
  const { rows, added } = setup()
  const id = added()
  rows.applyEvent(id, 'begin')
  rows.applyEvent(id, 'send')
  expect([rows.countAttempt(id), rows.countAttempt(id)]).toEqual([1, 2])
  rows.progress(id, { inFlightBytes: 1 })
  expect(rows.countAttempt(id)).toBe(3)
  rows.progress(id, { inFlightBytes: 0, sentBytes: 1 })
  expect(rows.countAttempt(id)).toBe(1)
  rows.progress(id, { sentBytes: 1 })
  expect(rows.countAttempt(id)).toBe(2)
})

test('keeps showing acknowledged parts as sent while a row waits for its retry', () => {
  const { rows, added } = setup()
  const id = added()
  rows.applyEvent(id, 'begin')
  rows.change(id, { state: multipartOpenState(10) })
  rows.applyEvent(id, 'send')
  rows.progress(id, { sentBytes: 20, inFlightBytes: 5, hashedBytes: 9 })
  rows.applyEvent(id, 'trouble', { failure: failure('server-trouble') }, 1_000)
  expect(rows.view(id)).toMatchObject({ sentBytes: 20, inFlightBytes: 0, hashedBytes: 9 })
  rows.applyEvent(id, 'refuse', {
    failure: failure('file-changed'),
    state: { kind: 'queued', started: false },
  })
  expect(rows.view(id)).toMatchObject({ sentBytes: 0 })
})

test('restores a row from the history without its local path', () => {
  const { rows } = setup()
  const record = registeredRecord()
  rows.restore([record])
  const view = rows.view(record.id)
  expect(view).toMatchObject({
    phase: 'registered',
    sentBytes: 6_800_000_000,
    inFlightBytes: 0,
    hashedBytes: 6_800_000_000,
  })
  expect(JSON.stringify(view)).not.toContain(record.path)
})

test('removes many rows in groups and keeps those that could not be removed', () => {
  const { rows, store, refuseWrites } = setup()
  const records = Array.from({ length: 1_001 }, () => uploadRecord())
  rows.add(records)
  const ids = records.map(({ id }) => id)
  const remove = store.remove.bind(store)
  store.remove = (group) => {
    if (group.length < 1_000) refuseWrites()
    return remove(group)
  }
  expect(rows.remove(ids).ok).toBe(false)
  expect([rows.ids(), store.find(ids[0] ?? '')]).toEqual([ids.slice(1_000), null])
})

test('finds uploads by their library path without regard to case, also after it has changed', () => {
  const { rows } = setup()
  const to = (modelPath: string) => {
    const record = uploadRecord()
    return { ...record, target: { ...record.target, modelPath } }
  }
  const [first, second] = [to('models/vae/A.safetensors'), to('models/vae/b.safetensors')]
  rows.add([first, second])
  const idsTo = (path: string) => rows.toPath(path).map(({ record }) => record.id)
  expect([idsTo('models/vae/a.safetensors'), idsTo('models/VAE/B.safetensors')]).toEqual([
    [first.id],
    [second.id],
  ])
  rows.applyEvent(second.id, 'begin')
  rows.applyEvents([{ id: second.id, event: 'trouble', change: { target: first.target } }])
  expect(idsTo('models/vae/a.safetensors')).toEqual([first.id, second.id])
  rows.hide([first.id])
  expect(idsTo('models/vae/a.safetensors')).toEqual([second.id])
})

test('adds nothing of a user who has signed out', () => {
  const { rows, store, changed } = setup()
  const own = uploadRecord()
  const departed = uploadRecord({ accountId: 'cloud.example departed' })
  expect(rows.add([own, departed])).toMatchObject({ failure: { code: 'no-team' } })
  expect([rows.ids(), changed, store.find(own.id), store.find(departed.id)]).toEqual([[], [], null, null])
  expect(rows.add([own]).ok).toBe(true)
})
