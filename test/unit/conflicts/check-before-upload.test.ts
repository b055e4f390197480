import { createHash } from 'node:crypto'
import { readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { success } from '../../../electron/contract/failures.ts'
import type { LibraryModel } from '../../../electron/contract/library.ts'
import { identityOf } from '../../../electron/platform/file-identity.ts'
import { createConflictCheck } from '../../../electron/conflicts/check-before-upload.ts'
import type { UploadRecord } from '../../../electron/journal/upload-record.ts'
import { uploadRecord, registeredState } from '../../support/records.ts'
import { rowsOnJournal } from '../../support/rows-on-journal.ts'

const sha256Of = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

/** A conflict check of real files against a library with these models; records which files are hashed. */
function setup(models: readonly LibraryModel[] = []) {
  const { rows, environment, folder } = rowsOnJournal()
  const hashed: string[] = []
  const duplicateIds: string[] = []
  const { check } = createConflictCheck({
    rows,
    environment,
    replacedFate: () => 'disable',
    onSkipped: () => {},
    library: {
      models: async () => success({ models, listedAtMs: environment.now(), failure: null }),
      model: async (_choice, id) => success(models.find((one) => one.id === id) as LibraryModel),
    },
    hashes: {
      async sha256Of({ path }) {
        hashed.push(path)
        return success(sha256Of(readFileSync(path)))
      },
    },
    onDuplicate(id) {
      duplicateIds.push(id)
      return success(undefined)
    },
  })
  return {
    hashed,
    duplicateIds,
    add(name: string, bytes: Buffer, given: Partial<UploadRecord> = {}) {
      const path = join(folder, name)
      writeFileSync(path, bytes)
      const record = uploadRecord({ path, identity: identityOf(statSync(path, { bigint: true })), ...given })
      expect(rows.add([record]).ok).toBe(true)
      return record
    },
    check: (id: string) => check(id, new AbortController().signal),
  }
}

const registeredAs = (modelId: string) => ({
  phase: 'registered' as const,
  state: registeredState(modelId, 1),
})
const proceed = { kind: 'proceed' }
const bytesOf = (sizeBytes: number, fill: number) => Buffer.alloc(sizeBytes, fill)
const model = (id: string, bytes: Buffer): LibraryModel => ({
  id,
  displayName: id,
  modelType: 'vae',
  modelPath: `models/vae/${id}.safetensors`,
  sizeBytes: bytes.length,
  sha256: sha256Of(bytes),
  status: 'active',
  createdAtMs: null,
  storageKey: null,
})

test('does not hash files whose size no model has', async () => {
  const models = [1, 2, 3].map((number) => model(`other ${number}`, bytesOf(1_000 + number, number)))
  const { add, check, hashed } = setup(models)
  const files = Array.from({ length: 10 }, (_, index) => add(`file ${index}`, bytesOf(5_000 + index, index)))
  expect(await Promise.all(files.map(({ id }) => check(id)))).toEqual(files.map(() => proceed))
  expect(hashed).toEqual([])
})

test('hashes only the file whose size a model has, and finds the duplicate', async () => {
  const bytes = bytesOf(5_003, 3)
  const { add, check, hashed, duplicateIds } = setup([model('there', bytes)])
  const files = Array.from({ length: 5 }, (_, index) => add(`file ${index}`, bytesOf(5_000 + index, index)))
  for (const { id } of files) await check(id)
  expect([hashed, duplicateIds]).toEqual([[files[3]?.path], [files[3]?.id]])
})

test('hashes two queued files of one size only if their samples are equal', async () => {
  const { add, check, hashed } = setup()
  const [one, other] = [add('one', bytesOf(9_000, 1)), add('other', bytesOf(9_000, 2))]
  for (const { id } of [one, other]) await check(id)
  expect(hashed).toEqual([])
  const same = add('same', bytesOf(9_000, 1))
  expect(await check(same.id)).toMatchObject({ kind: 'retry', failure: { code: 'same-as-other' } })
  expect(hashed).toEqual([same.path, one.path])
})

test('hashes a file for models of other computers, not for uploads whose samples differ', async () => {
  const { add, check, hashed } = setup([model('of another', bytesOf(8_000, 7))])
  for (const fill of [1, 2, 3]) add(`epoch ${fill}`, bytesOf(9_000, fill), registeredAs(`model ${fill}`))
  const last = add('epoch 4', bytesOf(9_000, 4))
  expect(await check(last.id)).toEqual(proceed)
  expect(hashed).toEqual([])
  const again = add('a copy', bytesOf(9_000, 2))
  await check(again.id)
  expect(hashed).toEqual([again.path])
  const theirs = add('of their size', bytesOf(8_000, 8))
  await check(theirs.id)
  expect(hashed).toEqual([again.path, theirs.path])
})

test('hashes a file if the local file of a registered model of its size has changed', async () => {
  const { add, check, hashed } = setup()
  const before = add('epoch 1', bytesOf(9_000, 1), registeredAs('model'))
  writeFileSync(before.path, bytesOf(9_000, 2))
  utimesSync(before.path, 1, 1)
  const copy = add('a copy', bytesOf(9_000, 1))
  await check(copy.id)
  expect(hashed).toEqual([copy.path])
})
