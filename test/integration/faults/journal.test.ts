import { appendFileSync, mkdtempSync, readdirSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished } from 'vitest'
import { ALICES_TEAM_ID } from '../../cloud/accounts.ts'
import { startCloud } from '../../cloud/cloud.ts'
import { writeSafetensors } from '../../fixtures/model-files.ts'
import { sha256Of } from '../../support/engine.ts'
import { expectInLibrary } from './expect-end.ts'
import { beginUpload, bytesOf, fault, partBytes, resumedBy, setupFor, type HoldPoint } from './fault.ts'
import { startRunner } from './kills/start-runner.ts'

const midway: HoldPoint = { on: 'presignPart', moment: 'arrival', choice: { skip: 3 } }
/** All parts are acknowledged, so losing the log's last entry does not lose the upload ID. */
const beforeCompleting: HoldPoint = { on: 'completeMultipart', moment: 'arrival' }

/** Kills a process at this point and keeps its journal. */
async function killedAt(point: HoldPoint) {
  const folder = mkdtempSync(join(tmpdir(), 'modelferry-journal-'))
  const cloud = await startCloud({ partSizeBytes: partBytes, verifiesHash: true })
  onTestFinished(async () => {
    await cloud.close()
    await rm(folder, { recursive: true, force: true })
  })
  const file = join(folder, 'model.safetensors')
  await writeSafetensors(file, { sizeBytes: bytesOf.parts, payload: { seed: 9 } })
  const home = join(folder, 'home')
  const runner = { cloud, file, home }
  expect(await startRunner(runner, point)).toBeNull()
  return { ...runner, log: join(home, 'journal.sqlite-wal') }
}

async function expectOneModel({ cloud, file }: Awaited<ReturnType<typeof killedAt>>): Promise<void> {
  expect(cloud.modelsOf(ALICES_TEAM_ID)).toMatchObject([{ file_hash: `sha256:${sha256Of(file)}` }])
  const objects = await cloud.objects()
  expect(await Promise.all(objects.map((object) => object.sha256()))).toEqual([sha256Of(file)])
  expect(await cloud.unfinishedUploads()).toEqual([])
}

fault(
  'fails when the journal can’t be written, and resumes at the next start',
  'journal-trouble',
  async (expected) => {
    const killed = await killedAt(midway)
    // Enough for what the start writes and for some of the upload.
    const largestFileBytes = statSync(killed.log).size + 45_000
    expect(await startRunner({ ...killed, largestFileBytes }, null)).toBe(`failed ${expected}`)
    expect(await startRunner(killed, null)).toBe('registered')
    await expectOneModel(killed)
  },
)

fault('resumes from the last complete entry of a truncated write-ahead log', null, async () => {
  const killed = await killedAt(beforeCompleting)
  truncateSync(killed.log, statSync(killed.log).size - 2_000)
  expect(await startRunner(killed, null)).toBe('registered')
  await expectOneModel(killed)
})

fault('resumes from the last complete entry of a write-ahead log that ends in garbage', null, async () => {
  const killed = await killedAt(beforeCompleting)
  appendFileSync(killed.log, Buffer.alloc(5_000, 0xa5))
  expect(await startRunner(killed, null)).toBe('registered')
  await expectOneModel(killed)
})

fault('renames a damaged journal and uploads files that are added again', null, async () => {
  const harness = await setupFor('whole')
  await harness.app.calls.pauseAll(undefined)
  const before = await beginUpload(harness, 'whole')
  await harness.app.stop()
  writeFileSync(join(harness.home, 'journal.sqlite'), Buffer.alloc(40_000, 0x5a))
  const app = await harness.open()
  expect(app.rows()).toEqual([])
  expect(readdirSync(harness.home).filter((name) => name.startsWith('journal.sqlite.damaged-'))).toHaveLength(
    1,
  )
  await app.signIn()
  const [id = ''] = await app.add(before.path)
  await expectInLibrary({ ...resumedBy(before, app), id })
})

fault('leaves the journal of a newer version unchanged', null, async () => {
  const harness = await setupFor('whole')
  await harness.app.calls.pauseAll(undefined)
  const begun = await beginUpload(harness, 'whole')
  await harness.app.stop()
  const version = setVersion(harness.home, 9_999)
  await expect(harness.open()).rejects.toThrow(/journal version 9999/)
  setVersion(harness.home, version)
  const app = await harness.open()
  await app.calls.resumeAll(undefined)
  await expectInLibrary(resumedBy(begun, app))
})

function setVersion(home: string, version: number): number {
  const database = new DatabaseSync(join(home, 'journal.sqlite'))
  const before = Number(database.prepare('PRAGMA user_version').get()?.['user_version'])
  database.exec(`PRAGMA user_version = ${version}`)
  database.close()
  return before
}

fault('does not start when the data folder can’t be created', null, async () => {
  const harness = await setupFor('whole')
  const file = join(harness.folder, 'a file')
  writeFileSync(file, 'not a folder')
  await expect(harness.open({}, join(file, 'home'))).rejects.toThrow(/ENOTDIR/)
  expect(harness.countOf('presignModel')).toBe(0)
})
