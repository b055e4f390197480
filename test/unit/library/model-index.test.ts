import { expect, test } from 'vitest'
import { IndexedModels } from '../../../electron/library/model-index.ts'
import { libraryModel } from '../../support/library-model.ts'

const one = libraryModel('models/loras/A.safetensors', { id: 'one', sizeBytes: 1 })
const two = libraryModel('models/loras/a.safetensors', { id: 'two', sizeBytes: 1 })

test('finds a replaced model by its new values only, in its old place of the list', () => {
  const models = new IndexedModels([one, two])
  expect(models.list()).toHaveLength(2)
  const moved = { ...one, modelPath: 'models/vae/a.safetensors', sizeBytes: 2 }
  models.set(moved)
  expect([models.ofSize(1), models.ofSize(2)]).toEqual([[two], [moved]])
  expect([models.atPath('models/loras/a.safetensors'), models.atPath('models/vae/a.safetensors')]).toEqual([
    [two],
    [moved],
  ])
  expect(models.list()).toEqual([moved, two])
})
