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

// An upload with a fault ends in one of two states. Each test checks one of them completely.

export interface Leftovers {
  /** Objects in storage without a model. The API can't remove them. */
  readonly orphans?: number
  /** Multipart uploads without parts, whose upload ID was lost with the initiate response. */
  readonly unknownUploads?: number
}

/**
 * Expects success: one model and one object at its key; object, registered hash and row's hash match the
 * file; storage has no unfinished multipart upload.
 */
export async function expectInLibrary(begun: BegunUpload, leftovers: Leftovers = {}): Promise<void> {
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
  expect(objects).toHaveLength(1 + (leftovers.orphans ?? 0))
  await expectNothingUnfinished(begun, leftovers)
}

/**
 * Expects failure: the row shows it in each language, nothing is registered, and once the row is removed,
 * storage has no unfinished multipart upload.
 */
export async function expectStopped(
  begun: BegunUpload,
  expected: FailureCode,
  leftovers: Leftovers = {},
): Promise<void> {
  const row = await settled(begun)
  expect([row.phase, row.failure?.code, row.modelId]).toEqual(['failed', expected, null])
  if (row.failure) expectSentence(row.failure)
  expect(begun.cloud.modelsOf(ALICES_TEAM_ID)).toEqual([])
  expect(await begun.cloud.objects()).toHaveLength(leftovers.orphans ?? 0)
  begun.cloud.clearFailures()
  await begun.app.calls.cancel({ ids: [begun.id] })
  await expectNothingLeft(begun, leftovers)
}

/** Expects no row, no model, no other object and no unfinished multipart upload. */
export async function expectNothingLeft(begun: BegunUpload, leftovers: Leftovers = {}): Promise<void> {
  await expectNothingUnfinished(begun, leftovers)
  expect(await begun.cloud.objects()).toHaveLength(leftovers.orphans ?? 0)
  expect(begun.cloud.modelsOf(ALICES_TEAM_ID)).toEqual([])
  expect(begun.app.rows().filter(({ id }) => id === begun.id)).toEqual([])
}

async function expectNothingUnfinished(begun: BegunUpload, { unknownUploads = 0 }: Leftovers): Promise<void> {
  const { cloud } = begun
  const left = await advanceUntil(begun, async () => {
    const uploads = await cloud.unfinishedUploads()
    return uploads.length <= unknownUploads && uploads
  })
  expect(left).toHaveLength(unknownUploads)
  const filled = cloud.operations.filter(({ name, status }) => name === 'put-part' && status === 200)
  for (const { key } of left) expect(filled.filter(({ path }) => path.endsWith(key))).toEqual([])
}

/** Uploads a file with these faults and expects success. */
export async function expectRecovery(
  method: UploadMethod,
  expected: FailureCode | null,
  ...rules: FaultRule[]
): Promise<BegunUpload> {
  const begun = await uploadWithFaults(method, ...rules)
  await expectInLibrary(begun)
  expectShown(begun, expected)
  return begun
}

/** Uploads a file with these faults and expects this failure. */
export async function expectFailure(
  method: UploadMethod,
  expected: FailureCode,
  ...rules: FaultRule[]
): Promise<BegunUpload> {
  const begun = await uploadWithFaults(method, ...rules)
  await expectStopped(begun, expected)
  return begun
}
