import {
  closeSync,
  copyFileSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  utimesSync,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { ALICES_TEAM_ID } from '../../cloud/accounts.ts'
import { setup, sha256Of, type App, type EngineHarness } from '../../support/engine.ts'

const partBytes = 5 * 1024 * 1024
const partCount = 4
const inParts = { cloud: { partSizeBytes: partBytes }, settings: { singlePutLimitBytes: partBytes } }
const aPoll = 3_000
/** Seconds since the epoch. */
const writtenAt = 1_700_000_000

/** A multipart upload from a separate disk with some parts stored. */
async function midway() {
  const harness = await setup(inParts)
  const path = await harness.file('disk/loras/a.safetensors', { sizeBytes: partCount * partBytes })
  utimesSync(path, writtenAt, writtenAt)
  // Two parts pass; the others are held, or a fast machine would finish before the pause.
  const held = harness.cloud.hold('put-part', 'arrival', { skip: 2 })
  const [id = ''] = await harness.app.add(path)
  await harness.app.until(() => harness.app.row(id).sentBytes >= 2 * partBytes)
  await harness.app.calls.pause({ ids: [id] })
  held.release()
  const disk = dirname(dirname(path))
  return {
    ...harness,
    path,
    id,
    disk,
    sent: harness.countOf('put-part'),
    unplug: () => renameSync(disk, `${disk}.away`),
    reconnect: () => renameSync(`${disk}.away`, disk),
  }
}

async function expectOne({ cloud }: EngineHarness, path: string) {
  const models = cloud.modelsOf(ALICES_TEAM_ID)
  expect(models.map((model) => model.file_hash)).toEqual([`sha256:${sha256Of(path)}`])
  expect(await Promise.all((await cloud.objects()).map((object) => object.sha256()))).toEqual([
    sha256Of(path),
  ])
  expect(await cloud.unfinishedUploads()).toEqual([])
}

/** Lets each poll become due while the upload waits. */
async function looksUntilBack(app: App, id: string, clock: EngineHarness['clock']): Promise<void> {
  while (app.row(id).phase === 'retrying') {
    clock.advance(aPoll)
    await setImmediate()
  }
}

/**
 * The same bytes, size and time under another inode, as on a disk without inodes that was plugged in again.
 */
function renumber(path: string): void {
  copyFileSync(path, `${path}.copy`)
  renameSync(`${path}.copy`, path)
  utimesSync(path, writtenAt, writtenAt)
}

test('waits for an unplugged disk, names it, and continues when it is back', async () => {
  const harness = await midway()
  const { app, id, path, disk, clock } = harness
  harness.unplug()
  await app.calls.resume({ ids: [id] })
  const row = await app.phase(id, 'retrying')
  expect(row).toMatchObject({ failure: { code: 'disk-missing', params: { folder: disk } }, retryAtMs: null })
  expect(row.sentBytes).toBeGreaterThanOrEqual(2 * partBytes)
  clock.advance(aPoll)
  expect(app.row(id).phase).toBe('retrying')
  harness.reconnect()
  await looksUntilBack(app, id, clock)
  expect(await app.settled(id)).toMatchObject({ phase: 'registered', failure: null })
  expect(harness.countOf('initiateMultipart')).toBe(1)
  await expectOne(harness, path)
})

test('an upload that waits for a disk blocks no other, and can be paused and cancelled', async () => {
  const harness = await midway()
  const { app, cloud, id, clock } = harness
  harness.unplug()
  await app.calls.resume({ ids: [id] })
  await app.phase(id, 'retrying')
  const [other = ''] = await app.add(await harness.file('b.safetensors'))
  expect(await app.settled(other)).toMatchObject({ phase: 'registered' })
  await app.calls.pause({ ids: [id] })
  harness.reconnect()
  clock.advance(aPoll)
  expect(app.row(id).phase).toBe('paused')
  await app.calls.cancel({ ids: [id] })
  await cloud.ended('abortMultipart')
  expect(await cloud.unfinishedUploads()).toEqual([])
})

test('waits for a disk that is missing at the start', async () => {
  const harness = await midway()
  await harness.app.calls.resume({ ids: [harness.id] })
  await harness.app.stop()
  harness.unplug()
  const next = await harness.open()
  await next.phase(harness.id, 'retrying')
  harness.reconnect()
  await looksUntilBack(next, harness.id, harness.clock)
  expect(await next.settled(harness.id)).toMatchObject({ phase: 'registered' })
  await expectOne(harness, harness.path)
})

test('fails without waiting when a file was deleted from an existing folder', async () => {
  const { app, id, path } = await midway()
  rmSync(path)
  await app.calls.resume({ ids: [id] })
  expect(await app.settled(id)).toMatchObject({ phase: 'failed', failure: { code: 'file-missing' } })
})

test('sends no part again when a file returns under another inode', async () => {
  const harness = await midway()
  renumber(harness.path)
  await harness.app.calls.resume({ ids: [harness.id] })
  expect(await harness.app.settled(harness.id)).toMatchObject({ phase: 'registered' })
  expect(harness.countOf('initiateMultipart')).toBe(1)
  await expectOne(harness, harness.path)
})

test('detects different bytes of the same size and time by the parts sent before', async () => {
  const { app, cloud, id, path } = await midway()
  // In all parts, since any two of them were sent; not at the start, in the middle or at the end, where samples are
  // compared.
  const file = openSync(path, 'r+')
  for (let start = 0; start < partCount * partBytes; start += partBytes)
    writeSync(file, 'other bytes', start + 1_000_000)
  closeSync(file)
  renumber(path)
  await app.calls.resume({ ids: [id] })
  expect(await app.settled(id)).toMatchObject({ phase: 'failed', failure: { code: 'file-changed' } })
  await cloud.ended('abortMultipart')
  expect([cloud.modelsOf(ALICES_TEAM_ID), await cloud.unfinishedUploads()]).toEqual([[], []])
})

/** An upload that is completely stored and was stopped before its registration. */
async function stored() {
  const harness = await setup()
  harness.cloud.fail({ on: 'registerModel', how: 'stall' })
  const path = await harness.file('a.safetensors')
  utimesSync(path, writtenAt, writtenAt)
  const [id = ''] = await harness.app.add(path)
  await expect.poll(() => harness.countOf('registerModel')).toBe(1)
  await harness.app.stop()
  harness.cloud.clearFailures()
  return { ...harness, path, id }
}

test('checks that the file is unchanged before registering an earlier run’s upload', async () => {
  const harness = await stored()
  utimesSync(harness.path, 1, 1)
  const next = await harness.open()
  expect(await next.settled(harness.id)).toMatchObject({ phase: 'failed', failure: { code: 'file-changed' } })
  expect(harness.cloud.modelsOf(ALICES_TEAM_ID)).toEqual([])
})

test('registers an earlier run’s upload under a new inode if its bytes are the same', async () => {
  const harness = await stored()
  renumber(harness.path)
  const next = await harness.open()
  expect(await next.settled(harness.id)).toMatchObject({ phase: 'registered' })
  expect(harness.countOf('put-object')).toBe(1)
  await expectOne(harness, harness.path)
})

test('restarts with nothing of the old file when a missing file returns as another one', async () => {
  const harness = await midway()
  const { app, id, path } = harness
  renameSync(path, `${path}.old`)
  await app.calls.resume({ ids: [id] })
  await app.settled(id)
  await app.calls.retry({ ids: [id] })
  expect(app.row(id)).toMatchObject({ phase: 'failed', failure: { code: 'file-missing' } })
  mkdirSync(dirname(path), { recursive: true })
  await harness.file('disk/loras/a.safetensors', { sizeBytes: 3 * partBytes, payload: { seed: 9 } })
  await app.calls.retry({ ids: [id] })
  expect(await app.settled(id)).toMatchObject({ phase: 'registered', sizeBytes: 3 * partBytes })
  await harness.cloud.ended('abortMultipart')
  await expectOne(harness, path)
})
