import { expect, test } from 'vitest'
import { IndexedModels, indexModels } from '../../../electron/library/model-index.ts'
import { libraryModel } from '../../support/library-model.ts'

const one = libraryModel('models/loras/A.safetensors', { id: 'one', sizeBytes: 1 })
const two = libraryModel('models/loras/a.safetensors', { id: 'two', sizeBytes: 1 })

test('finds models by id, size and path, without regard to case', () => {
  const models = new IndexedModels([one, two])
  expect([models.get('two'), models.get('three')]).toEqual([two, undefined])
  expect([models.ofSize(1), models.ofSize(2)]).toEqual([[one, two], []])
  expect(models.atPath('MODELS/loras/a.safetensors')).toEqual([one, two])
  expect(models.list()).toEqual([one, two])
})

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

test('does not find a deleted model', () => {
  const models = new IndexedModels([one, two])
  expect(models.list()).toHaveLength(2)
  models.delete('one')
  models.delete('three')
  expect([models.get('one'), models.ofSize(1), models.list()]).toEqual([undefined, [two], [two]])
  expect(models.atPath('models/loras/a.safetensors')).toEqual([two])
})

test('lists models without a size or a path, and finds them by their id', () => {
  const bare = { ...one, id: 'bare', sizeBytes: null, modelPath: null }
  const models = new IndexedModels([bare])
  expect([models.get('bare'), models.list()]).toEqual([bare, [bare]])
  models.delete('bare')
  expect(models.list()).toEqual([])
})

test('indexes a list again unless it comes from an index that has not changed since', () => {
  const models = new IndexedModels([one])
  const list = models.list()
  expect(indexModels(list)).toBe(models)
  models.set(two)
  expect(indexModels(list).get('two')).toBeUndefined()
  expect(indexModels(models.list()).get('two')).toBe(two)
  expect(indexModels([one]).atPath('models/loras/a.safetensors')).toEqual([one])
})
