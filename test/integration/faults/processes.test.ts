import { mkdtempSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import { ALICES_TEAM_ID } from '../../cloud/accounts.ts'
import { startCloud, type Cloud } from '../../cloud/cloud.ts'
import type { HoldMoment } from '../../cloud/faults.ts'
import { writeSafetensors } from '../../fixtures/model-files.ts'
import { sha256Of } from '../../support/engine.ts'
import { expectInLibrary, type Rest } from './ends.ts'
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
import { startRunner } from './start-runner.ts'

/**
 * Kills a real process at each of the points, one after another, and lets the last start end; then looks at
 * everything.
 */
async function killedAt(
  way: UploadMethod,
  points: readonly (readonly [on: string, moment: HoldMoment])[],
  rest: Rest = {},
): Promise<Cloud> {
  const folder = mkdtempSync(join(tmpdir(), 'modelferry-killed-'))
  const cloud = await startCloud({ partSizeBytes: partBytes, verifiesHash: true })
  onTestFinished(async () => {
    await cloud.close()
    await rm(folder, { recursive: true, force: true })
  })
  const file = join(folder, 'model.safetensors')
  await writeSafetensors(file, { sizeBytes: bytesOf[way], payload: { seed: 7 } })
  const runner = { cloud, file, home: join(folder, 'home') }
  for (const [on, moment] of points) expect(await startRunner(runner, { on, moment })).toBeNull()
  expect(await startRunner(runner, null)).toBe('registered')
  const models = cloud.modelsOf(ALICES_TEAM_ID)
  expect(models).toMatchObject([{ file_hash: `sha256:${sha256Of(file)}`, file_size: bytesOf[way] }])
  const objects = await cloud.objects()
  const named = objects.filter(({ key }) => key === models[0]?.storage_key)
  expect(await Promise.all(named.map((object) => object.sha256()))).toEqual([sha256Of(file)])
  expect(objects).toHaveLength(1 + (rest.orphans ?? 0))
  expect(await cloud.unfinishedUploads()).toHaveLength(rest.nameless ?? 0)
  return cloud
}

const countOf = ({ operations }: Cloud, wanted: string) =>
  operations.filter(({ name }) => name === wanted).length

fault('a kill while presigning costs nothing', null, async () => {
  await killedAt('whole', [
    ['presignModel', 'arrival'],
    ['presignModel', 'answer'],
  ])
})

fault(
  'a kill before the answer of opening the parts is written leaves an upload that holds no byte and has no known name',
  null,
  async () => {
    await killedAt('parts', [['initiateMultipart', 'answer']], { nameless: 1 })
  },
)

fault('a kill midway through a file sends it again', null, async () => {
  const cloud = await killedAt('whole', [['put-object', 70_000]])
  expect(countOf(cloud, 'put-object')).toBe(2)
})

fault(
  'a kill while a whole file is unanswered sends it again, and leaves an object that no call removes',
  null,
  async () => {
    await killedAt('whole', [['put-object', 'answer']], { orphans: 1 })
  },
)

fault('kills midway through parts go on with the same upload', null, async () => {
  const cloud = await killedAt('parts', [
    ['put-part', partBytes / 2],
    ['put-part', 'answer'],
    ['presignPart', 'arrival'],
  ])
  expect(countOf(cloud, 'initiateMultipart')).toBe(1)
})

fault('a kill before the parts are joined sends none of them again', null, async () => {
  const cloud = await killedAt('parts', [['completeMultipart', 'arrival']])
  expect(countOf(cloud, 'put-part')).toBe(4)
})

fault('a kill between joining and its answer joins once and sends nothing again', null, async () => {
  const cloud = await killedAt('parts', [['completeMultipart', 'answer']])
  expect(countOf(cloud, 'put-part')).toBe(4)
})

fault('a kill between joining and registering sends nothing again', null, async () => {
  const cloud = await killedAt('parts', [['registerModel', 'arrival']])
  expect(countOf(cloud, 'put-part')).toBe(4)
})

fault('a kill after registering and before it is written down makes no second model', null, async () => {
  for (const way of ['whole', 'parts'] as const) {
    const cloud = await killedAt(way, [['registerModel', 'answer']])
    expect(countOf(cloud, 'put-part') + countOf(cloud, 'put-object')).toBe(way === 'whole' ? 1 : 4)
  }
})

fault('a clean end at any step goes on at the next start', null, async (expected) => {
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

fault('a second process on the same folder leaves a file to the first', null, async () => {
  const harness = await setupFor('parts')
  const held = harness.cloud.hold('put-part')
  const begun = await beginUpload(harness, 'parts')
  await held.arrived
  writeFileSync(join(harness.home, 'vault.json'), JSON.stringify([...harness.secretStore.entries]))
  const second = { cloud: harness.cloud, home: harness.home, file: begun.path }
  expect(await startRunner(second, null)).toBe('left to another')
  held.release()
  await expectInLibrary(begun)
  expect([harness.countOf('initiateMultipart'), harness.countOf('put-part')]).toEqual([1, 4])
})
