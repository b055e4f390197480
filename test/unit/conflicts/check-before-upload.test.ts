import { createHash } from 'node:crypto'
import { readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { success } from '../../../electron/contract/failures.ts'
import type { LibraryModel } from '../../../electron/contract/library.ts'
import { identityOf } from '../../../electron/platform/file-identity.ts'
import { createConflictCheck } from '../../../electron/conflicts/check-before-upload.ts'
import type { UploadRecord } from '../../../electron/journal/upload-record.ts'
import { uploadRecord } from '../../support/records.ts'
import { rowsOnJournal } from '../../support/rows-on-journal.ts'

const sha256Of = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

/** Looks at real files beside a library; every hash that is asked for is counted. */
function setup(models: readonly LibraryModel[] = []) {
  const { rows, environment, folder } = rowsOnJournal()
  const hashed: string[] = []
  const foundIds: string[] = []
  const { check: look } = createConflictCheck({
    ...{ rows, environment, replacedFate: () => 'disable', leftOut: () => {} },
    library: {
      models: async () => success({ models, listedAtMs: environment.now(), failure: null }),
      model: async (_choice, id) => success(models.find((one) => one.id === id) as LibraryModel),
    },
    hashes: {
      async of({ path }) {
        hashed.push(path)
        return success(sha256Of(readFileSync(path)))
      },
    },
    found(id) {
      foundIds.push(id)
      return success(undefined)
    },
  })
  return {
    hashed,
    foundIds,
    add(name: string, bytes: Buffer, facts: Partial<UploadRecord> = {}) {
      const path = join(folder, name)
      writeFileSync(path, bytes)
      const record = uploadRecord({ path, identity: identityOf(statSync(path, { bigint: true })), ...facts })
      expect(rows.add([record]).ok).toBe(true)
      return record
    },
    look: (id: string) => look(id, new AbortController().signal),
  }
}

const broughtAs = (modelId: string) => ({
  phase: 'registered' as const,
  modelId,
  sha256: 'a'.repeat(64),
  storageKey: modelId,
  finishedAtMs: 1,
})
const bytesOf = (sizeBytes: number, fill: number) => Buffer.alloc(sizeBytes, fill)
const model = (id: string, bytes: Buffer): LibraryModel => ({
  ...{ id, displayName: id, modelType: 'vae', modelPath: `models/vae/${id}.safetensors` },
  ...{ sizeBytes: bytes.length, sha256: sha256Of(bytes), status: 'active' },
  ...{ createdAtMs: null, storageKey: null },
})

test('sizes that match nothing are never hashed up front', async () => {
  const models = [1, 2, 3].map((number) => model(`other ${number}`, bytesOf(1_000 + number, number)))
  const { add, look, hashed } = setup(models)
  const files = Array.from({ length: 10 }, (_, index) => add(`file ${index}`, bytesOf(5_000 + index, index)))
  expect(await Promise.all(files.map(({ id }) => look(id)))).toEqual(files.map(() => null))
  expect(hashed).toEqual([])
})

test('only the file whose size a model has is hashed, and is found to be there', async () => {
  const bytes = bytesOf(5_003, 3)
  const { add, look, hashed, foundIds } = setup([model('there', bytes)])
  const files = Array.from({ length: 5 }, (_, index) => add(`file ${index}`, bytesOf(5_000 + index, index)))
  for (const { id } of files) await look(id)
  expect([hashed, foundIds]).toEqual([[files[3]?.path], [files[3]?.id]])
})

test('two files of one size that differ where they are sampled are not hashed, two that are alike are', async () => {
  const { add, look, hashed } = setup()
  const [one, other] = [add('one', bytesOf(9_000, 1)), add('other', bytesOf(9_000, 2))]
  for (const { id } of [one, other]) await look(id)
  expect(hashed).toEqual([])
  const same = add('same', bytesOf(9_000, 1))
  expect(await look(same.id)).toMatchObject({ kind: 'retry', failure: { code: 'same-as-other' } })
  expect(hashed).toEqual([same.path, one.path])
})

test('a file is not hashed for what was brought from here and differs where it is sampled, but for what others brought', async () => {
  const { add, look, hashed } = setup([model('of another', bytesOf(8_000, 7))])
  for (const fill of [1, 2, 3]) add(`epoch ${fill}`, bytesOf(9_000, fill), broughtAs(`model ${fill}`))
  const last = add('epoch 4', bytesOf(9_000, 4))
  expect(await look(last.id)).toBeNull()
  expect(hashed).toEqual([])
  const again = add('a copy', bytesOf(9_000, 2))
  await look(again.id)
  expect(hashed).toEqual([again.path])
  const theirs = add('of their size', bytesOf(8_000, 8))
  await look(theirs.id)
  expect(hashed).toEqual([again.path, theirs.path])
})

test('a model brought from here whose file has changed since is told apart by its hash', async () => {
  const { add, look, hashed } = setup()
  const before = add('epoch 1', bytesOf(9_000, 1), broughtAs('model'))
  writeFileSync(before.path, bytesOf(9_000, 2))
  utimesSync(before.path, 1, 1)
  const copy = add('a copy', bytesOf(9_000, 1))
  await look(copy.id)
  expect(hashed).toEqual([copy.path])
})
