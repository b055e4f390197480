import { statSync } from 'node:fs'
import { expect } from 'vitest'
import type { FailureCode } from '../../../electron/contract/failures.ts'
import { ALICES_TEAM_ID } from '../../cloud/accounts.ts'
import type { FaultRule } from '../../cloud/faults.ts'
import { sha256Of } from '../../support/engine.ts'
import {
  expectShown,
  expectSentence,
  uploadWithFaults,
  advanceUntil,
  settled,
  type BegunUpload,
  type UploadMethod,
} from './fault.ts'

// An upload that met a fault ends in one of two ways. Whatever else a test looks at, it looks at one of these
// whole.

export interface Rest {
  /** Objects at storage that no model names: no call of the API removes one. */
  readonly orphans?: number
  /** Uploads whose name was lost with the answer of initiate. They hold no byte, and no call names them. */
  readonly nameless?: number
}

/**
 * The good end: one model, one object at its key, the object's bytes, the registered hash and the row's hash
 * are those of the file, and storage has no unfinished upload.
 */
export async function expectInLibrary(begun: BegunUpload, rest: Rest = {}): Promise<void> {
  const { cloud, path } = begun
  const row = await settled(begun)
  const sha256 = sha256Of(path)
  const sizeBytes = statSync(path).size
  const models = cloud.modelsOf(ALICES_TEAM_ID)
  const [model] = models
  expect(row).toMatchObject({ phase: 'registered', failure: null, sizeBytes, sentBytes: sizeBytes, sha256 })
  expect(models).toMatchObject([{ id: row.modelId, file_hash: `sha256:${sha256}`, file_size: sizeBytes }])
  const objects = await cloud.objects()
  const named = objects.filter(({ key }) => key === model?.storage_key)
  expect(await Promise.all(named.map((object) => object.sha256()))).toEqual([sha256])
  expect(objects).toHaveLength(1 + (rest.orphans ?? 0))
  await expectNothingUnfinished(begun, rest)
}

/**
 * The other end: the row says why in a sentence of each language, nothing is registered, and once the row is
 * taken away storage has no unfinished upload.
 */
export async function expectStopped(
  begun: BegunUpload,
  expected: FailureCode,
  rest: Rest = {},
): Promise<void> {
  const row = await settled(begun)
  expect([row.phase, row.failure?.code, row.modelId]).toEqual(['failed', expected, null])
  if (row.failure) expectSentence(row.failure)
  expect(begun.cloud.modelsOf(ALICES_TEAM_ID)).toEqual([])
  expect(await begun.cloud.objects()).toHaveLength(rest.orphans ?? 0)
  begun.cloud.clearFailures()
  await begun.app.calls.cancel({ ids: [begun.id] })
  await expectNothingLeft(begun, rest)
}

/** What is left once a row was taken away: no model, no object that we know of, no unfinished upload. */
export async function expectNothingLeft(begun: BegunUpload, rest: Rest = {}): Promise<void> {
  await expectNothingUnfinished(begun, rest)
  expect(await begun.cloud.objects()).toHaveLength(rest.orphans ?? 0)
  expect(begun.cloud.modelsOf(ALICES_TEAM_ID)).toEqual([])
  expect(begun.app.rows().filter(({ id }) => id === begun.id)).toEqual([])
}

async function expectNothingUnfinished(begun: BegunUpload, { nameless = 0 }: Rest): Promise<void> {
  const { cloud } = begun
  const left = await advanceUntil(begun, async () => {
    const uploads = await cloud.unfinishedUploads()
    return uploads.length <= nameless && uploads
  })
  expect(left).toHaveLength(nameless)
  const filled = cloud.operations.filter(({ name, status }) => name === 'put-part' && status === 200)
  for (const { key } of left) expect(filled.filter(({ path }) => path.endsWith(key))).toEqual([])
}

/** A file that meets the faults and arrives all the same. */
export async function arrives(
  way: UploadMethod,
  expected: FailureCode | null,
  ...rules: FaultRule[]
): Promise<BegunUpload> {
  const begun = await uploadWithFaults(way, ...rules)
  await expectInLibrary(begun)
  expectShown(begun, expected)
  return begun
}

/** A file that meets the faults and stops, saying so. */
export async function stops(
  way: UploadMethod,
  expected: FailureCode,
  ...rules: FaultRule[]
): Promise<BegunUpload> {
  const begun = await uploadWithFaults(way, ...rules)
  await expectStopped(begun, expected)
  return begun
}
