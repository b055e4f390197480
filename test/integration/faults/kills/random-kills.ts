import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ALICES_TEAM_ID } from '../../../cloud/accounts.ts'
import { startCloud, type Cloud } from '../../../cloud/cloud.ts'
import { writeSafetensors } from '../../../fixtures/model-files.ts'
import { seededRandom } from '../../../fixtures/seeded.ts'
import { sha256Of } from '../../../support/engine.ts'
import { partBytes, type HoldPoint } from '../fault.ts'
import { startRunner } from './start-runner.ts'

/** Twelve parts, the last of them shorter. */
const killedFile = { sizeBytes: 12 * partBytes - 4_321, partCount: 12 }
/** Parallel PUTs of the runner (`streamsMost` in runner.ts). */
const partsInFlight = 4

/**
 * Parallel uploads: one more than two cores, so that these are busy while one upload waits for its disk.
 */
const concurrency = 3

/**
 * Registers tests that kill uploads at random moments, a few seeds per test, and prints how much was sent
 * twice.
 */
export function testKills(seedCount: number, seedsPerTest: number): void {
  const runs: KilledRun[] = []
  const startedMs = performance.now()
  let folder = ''
  let killed: KilledFile

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'modelferry-killed-'))
    const file = join(folder, 'model.safetensors')
    await writeSafetensors(file, { sizeBytes: killedFile.sizeBytes, payload: { seed: 12 } })
    killed = { file, sha256: sha256Of(file) }
  })

  afterAll(async () => {
    await rm(folder, { recursive: true, force: true })
    console.log(report(runs, Math.round((performance.now() - startedMs) / 1000)))
  })

  const firsts = Array.from({ length: seedCount / seedsPerTest }, (_, index) => index * seedsPerTest + 1)
  test.each(firsts)(
    `leaves one model and nothing else when killed at random moments (${seedsPerTest} seeds from %i)`,
    async (first) => {
      const seeds = Array.from({ length: seedsPerTest }, (_, index) => first + index)
      const done: KilledRun[] = []
      const workers = await Promise.allSettled(
        Array.from({ length: concurrency }, async () => {
          for (let seed = seeds.shift(); seed !== undefined; seed = seeds.shift()) {
            done.push(await killAtRandom(seed, killed))
          }
        }),
      )
      runs.push(...done)
      for (const worker of workers) if (worker.status === 'rejected') throw worker.reason
      expect(done).toHaveLength(seedsPerTest)
    },
  )
}

/** One line: how much was sent twice in all runs, in MiB. */
function report(all: readonly KilledRun[], seconds: number): string {
  const sizes = all.map(({ sentTwiceBytes }) => sentTwiceBytes).sort((a, b) => a - b)
  const at = (share: number) => ((sizes[Math.floor(share * (sizes.length - 1))] ?? 0) / 1024 ** 2).toFixed(1)
  const kills = all.reduce((sum, run) => sum + run.kills.length, 0)
  const allowed = (partsInFlight * partBytes) / 1024 ** 2
  return (
    `${all.length} uploads of 12 parts, ${kills} kills. Sent twice: median ${at(0.5)} MiB, 90th percentile ${at(0.9)} MiB, ` +
    `maximum ${at(1)} MiB (allowed ${allowed} MiB per kill). ${seconds} s.`
  )
}

interface KilledRun {
  readonly kills: readonly HoldPoint[]
  /** Bytes that storage received beyond the file's size. */
  readonly sentTwiceBytes: number
}

/**
 * A random point in the rest of the upload, derived from the cloud's list of operations: mostly after some byte
 * of the parts, otherwise just before or just after a call was answered.
 */
function killPoint(random: () => number, { operations }: Cloud): HoldPoint {
  const below = (count: number) => Math.floor(random() * count)
  const stored = new Set(
    operations.flatMap((one) => (one.name === 'put-part' && one.status === 200 ? [one.partNumber] : [])),
  )
  const missing = killedFile.partCount - stored.size
  const isOpen = operations.some(({ name, status }) => name === 'initiateMultipart' && status === 200)
  if (missing > 0 && random() < 0.7) {
    const moment = 1 + below(missing * partBytes - partBytes)
    return { on: 'put-part', moment, choice: { together: true } }
  }
  const perPart = missing > 0 ? ['presignPart', 'put-part'] : []
  const calls = [
    ...['getCurrentUser', 'completeMultipart', 'registerModel', ...perPart],
    ...(isOpen ? [] : ['presignModel', 'initiateMultipart']),
  ]
  const on = calls[below(calls.length)] ?? 'registerModel'
  const skip = perPart.includes(on) ? below(missing) : 0
  return { on, moment: random() < 0.5 ? 'arrival' : 'answer', choice: { skip } }
}

interface KilledFile {
  readonly file: string
  readonly sha256: string
}

/**
 * Kills the app one to three times during the upload, lets the last start finish, and checks library and
 * storage.
 */
async function killAtRandom(seed: number, { file, sha256 }: KilledFile): Promise<KilledRun> {
  const random = seededRandom(seed)
  const home = mkdtempSync(join(tmpdir(), 'modelferry-kills-'))
  const cloud = await startCloud({ partSizeBytes: partBytes })
  const kills: HoldPoint[] = []
  try {
    let printed: string | null = null
    for (let wanted = 1 + Math.floor(random() * 3); wanted > 0 && printed === null; wanted -= 1) {
      const point = killPoint(random, cloud)
      printed = await startRunner({ cloud, home, file }, point)
      if (printed === null) kills.push(point)
    }
    printed ??= await startRunner({ cloud, home, file }, null)
    const what = `seed ${seed}, killed at ${JSON.stringify(kills)}`
    expect(printed, what).toBe('registered')
    await expectOneModel(cloud, sha256, kills, what)
    return { kills, sentTwiceBytes: sentTwice(cloud, kills.length, what) }
  } finally {
    await cloud.close()
    await rm(home, { recursive: true, force: true })
  }
}

async function expectOneModel(
  cloud: Cloud,
  sha256: string,
  kills: readonly HoldPoint[],
  what: string,
): Promise<void> {
  const models = cloud.modelsOf(ALICES_TEAM_ID)
  const objects = await cloud.objects()
  expect(
    models.map((model) => model.file_hash),
    what,
  ).toEqual([`sha256:${sha256}`])
  expect(
    objects.map(({ key }) => key),
    what,
  ).toEqual(models.map((model) => model.storage_key))
  expect(await objects[0]?.sha256(), what).toBe(sha256)
  // A kill before the initiate response was stored may leave a multipart upload without parts, whose ID is
  // lost.
  const unknownUploads = kills.filter(({ on }) => on === 'initiateMultipart').length
  const left = await cloud.unfinishedUploads()
  expect(left.length, what).toBeLessThanOrEqual(unknownUploads)
  const paths = cloud.operations.filter(({ name }) => name === 'put-part').map(({ path }) => path)
  expect(
    left.filter(({ key }) => paths.some((path) => path.endsWith(key))),
    what,
  ).toEqual([])
}

/** A kill costs at most the parts in flight. */
function sentTwice(cloud: Cloud, kills: number, what: string): number {
  const received = cloud.operations
    .filter(({ name }) => name === 'put-part')
    .reduce((sum, { bytes }) => sum + bytes, 0)
  const bytes = received - killedFile.sizeBytes
  expect(bytes, what).toBeLessThanOrEqual(kills * partsInFlight * partBytes)
  return bytes
}
