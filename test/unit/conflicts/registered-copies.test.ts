import { expect, test } from 'vitest'
import { toLibraryModel } from '../../../electron/conflicts/registered-copies.ts'
import { registeredRecord } from '../../support/records.ts'

const target = { displayName: 'Ours', modelType: 'loras', modelPath: 'models/loras/ours.safetensors' }
const sha256 = 'cd'.repeat(32)

test('a registered upload has become the model at its path', () => {
  const record = registeredRecord({ target, modelId: 'm1', sha256, storageKey: 'k', finishedAtMs: 5 })
  expect(toLibraryModel(record)).toEqual({
    id: 'm1',
    displayName: 'Ours',
    modelType: 'loras',
    modelPath: target.modelPath,
    sizeBytes: record.identity.sizeBytes,
    sha256,
    storageKey: 'k',
    status: 'active',
    createdAtMs: 5,
  })
})

test('a registered upload that also names a model which the library had keeps its own path', () => {
  const already = { name: 'Theirs', path: 'models/loras/theirs.safetensors', status: 'disabled' }
  expect(toLibraryModel(registeredRecord({ target, library: { already } }))).toMatchObject({
    displayName: 'Ours',
    modelPath: target.modelPath,
    status: 'active',
  })
})
