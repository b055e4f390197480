import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import { ALICES_TEAM_ID } from '../../cloud/accounts.ts'
import { startCloud, type Cloud } from '../../cloud/cloud.ts'
import type { HoldMoment } from '../../cloud/faults.ts'
import { writeSafetensors } from '../../fixtures/model-files.ts'
import { sha256Of } from '../../support/engine.ts'
import { expectInLibrary, type Leftovers } from './expect-end.ts'
import {
  beginUpload,
  bytesOf,
  expectShown,
  fault,
  partBytes,
  resumedBy,
  setupFor,
  type UploadMethod,
} from './fault.ts'
import { startRunner } from './kills/start-runner.ts'

/**
 * Kills a real process at each of these points, lets the last start finish, and checks library and storage.
 */
async function killedAt(
  method: UploadMethod,
  points: readonly (readonly [on: string, moment: HoldMoment])[],
  leftovers: Leftovers & { sizeBytes?: number } = {},
): Promise<Cloud> {
  const folder = mkdtempSync(join(tmpdir(), 'modelferry-killed-'))
  const cloud = await startCloud({ partSizeBytes: partBytes, verifiesHash: true })
  onTestFinished(async () => {
    await cloud.close()
    await rm(folder, { recursive: true, force: true })
  })
  const file = join(folder, 'model.safetensors')
  const sizeBytes = leftovers.sizeBytes ?? bytesOf[method]
  await writeSafetensors(file, { sizeBytes, payload: { seed: 7 } })
  const singlePutLimitBytes = method === 'whole' ? sizeBytes : partBytes
  const runner = { cloud, file, home: join(folder, 'home'), singlePutLimitBytes }
  for (const [on, moment] of points) expect(await startRunner(runner, { on, moment })).toBeNull()
  expect(await startRunner(runner, null)).toBe('registered')
  const models = cloud.modelsOf(ALICES_TEAM_ID)
  expect(models).toMatchObject([{ file_hash: `sha256:${sha256Of(file)}`, file_size: sizeBytes }])
  const objects = await cloud.objects()
  const named = objects.filter(({ key }) => key === models[0]?.storage_key)
  expect(await Promise.all(named.map((object) => object.sha256()))).toEqual([sha256Of(file)])
  expect(objects).toHaveLength(1 + (leftovers.orphans ?? 0))
  expect(await cloud.unfinishedUploads()).toHaveLength(leftovers.unknownUploads ?? 0)
  return cloud
}

const countOf = ({ operations }: Cloud, wanted: string) =>
  operations.filter(({ name }) => name === wanted).length

fault('leaves nothing behind when killed while presigning', null, async () => {
  await killedAt('whole', [
    ['presignModel', 'arrival'],
    ['presignModel', 'answer'],
  ])
})

fault('leaves an empty multipart upload when killed before storing its upload ID', null, async () => {
  await killedAt('parts', [['initiateMultipart', 'answer']], { unknownUploads: 1 })
})

fault('sends the file again when killed during a whole-file PUT', null, async () => {
  // More than the sockets buffer: otherwise storage may receive the whole file although the sender was killed.
  const cloud = await killedAt('whole', [['put-object', 70_000]], { sizeBytes: 24_000_000 })
  expect(countOf(cloud, 'put-object')).toBe(2)
})

fault('leaves an object behind when killed before a whole-file PUT is answered', null, async () => {
  await killedAt('whole', [['put-object', 'answer']], { orphans: 1 })
})

fault('resumes the same multipart upload when killed while sending parts', null, async () => {
  const cloud = await killedAt('parts', [
    ['put-part', partBytes / 2],
    ['put-part', 'answer'],
    ['presignPart', 'arrival'],
  ])
  expect(countOf(cloud, 'initiateMultipart')).toBe(1)
})

fault('resends no part when killed before completing', null, async () => {
  const cloud = await killedAt('parts', [['completeMultipart', 'arrival']])
  expect(countOf(cloud, 'put-part')).toBe(4)
})

fault('resends no part when killed before completing is answered', null, async () => {
  const cloud = await killedAt('parts', [['completeMultipart', 'answer']])
  expect(countOf(cloud, 'put-part')).toBe(4)
})

fault('resends no part when killed between completing and registering', null, async () => {
  const cloud = await killedAt('parts', [['registerModel', 'arrival']])
  expect(countOf(cloud, 'put-part')).toBe(4)
})

fault('registers no second model when killed before registering is answered', null, async () => {
  for (const method of ['whole', 'parts'] as const) {
    const cloud = await killedAt(method, [['registerModel', 'answer']])
    expect(countOf(cloud, 'put-part') + countOf(cloud, 'put-object')).toBe(method === 'whole' ? 1 : 4)
  }
})

fault('resumes at the next start when stopped at any step', null, async (expected) => {
  const steps: readonly (readonly [on: string, moment: HoldMoment])[] = [
    ['presignPart', 'arrival'],
    ['put-part', partBytes / 2],
    ['put-part', 'answer'],
    ['completeMultipart', 'arrival'],
    ['registerModel', 'answer'],
  ]
  const harness = await setupFor('parts')
  let begun = { ...harness, id: '', path: '', shownFailures: new Map() } as Awaited<
    ReturnType<typeof beginUpload>
  >
  for (const [index, [on, moment]] of steps.entries()) {
    const held = harness.cloud.hold(on, moment)
    if (index === 0) begun = await beginUpload(harness, 'parts')
    else begun = resumedBy(begun, await harness.open())
    await held.arrived
    await begun.app.stop()
    held.release()
    await harness.cloud.ended(on)
  }
  begun = resumedBy(begun, await harness.open())
  await expectInLibrary(begun)
  expectShown(begun, expected)
  expect(harness.countOf('initiateMultipart')).toBe(1)
})
