import { expect, test } from 'vitest'
import type { LibraryModel } from '../../../electron/contract/library.ts'
import { filterAndSort, valuesOf, type LibraryQuery } from '../../../renderer/library/library-query.ts'

const model = (displayName: string, given: Partial<LibraryModel> = {}): LibraryModel => ({
  id: displayName,
  displayName,
  modelType: 'loras',
  modelPath: `models/loras/${displayName}.safetensors`,
  sizeBytes: 1_000,
  sha256: null,
  status: 'active',
  createdAtMs: 0,
  storageKey: null,
  ...given,
})
const all: LibraryQuery = { search: '', type: '', status: '', sort: 'name', isDescending: false }
const names = (models: readonly LibraryModel[], query: Partial<LibraryQuery> = {}) =>
  filterAndSort(models, { ...all, ...query }).map(({ displayName }) => displayName)

test('sorts names numerically and case-insensitively', () => {
  expect(names([model('b 10'), model('B 9'), model('a')])).toEqual(['a', 'B 9', 'b 10'])
})

test('sorts equal sizes by name in both directions and unknown sizes as smallest', () => {
  const models = [model('b'), model('a'), model('big', { sizeBytes: 9_000 }), model('?', { sizeBytes: null })]
  expect(names(models, { sort: 'size' })).toEqual(['?', 'a', 'b', 'big'])
  expect(names(models, { sort: 'size', isDescending: true })).toEqual(['big', 'a', 'b', '?'])
})

test('sorts by date and type', () => {
  const models = [model('new', { createdAtMs: 2, modelType: 'vae' }), model('old', { createdAtMs: 1 })]
  expect([names(models, { sort: 'date' }), names(models, { sort: 'type', isDescending: true })]).toEqual([
    ['old', 'new'],
    ['new', 'old'],
  ])
})

test('finds models by words in name, path, type, hash or id', () => {
  const models = [model('Soft Grain', { sha256: 'ab12' }), model('Soft Light', { modelType: 'vae' })]
  expect([
    names(models, { search: ' SOFT  vae ' }),
    names(models, { search: 'ab12' }),
    names(models, { search: 'x9' }),
  ]).toEqual([['Soft Light'], ['Soft Grain'], []])
})

test('type and status filter together', () => {
  const models = [
    model('a', { status: 'disabled' }),
    model('b'),
    model('c', { modelType: 'vae', status: 'disabled' }),
  ]
  expect(names(models, { type: 'loras', status: 'disabled' })).toEqual(['a'])
})

test('lists the existing values of a field with number and total size of their models', () => {
  const models = [
    model('a', { sizeBytes: 5 }),
    model('b', { sizeBytes: 7 }),
    model('c', { modelType: '', sizeBytes: 1 }),
    model('d', { modelType: 'vae', sizeBytes: null }),
    model('e', { modelType: 'vae', sizeBytes: 3 }),
  ]
  expect(valuesOf(models, 'modelType', '')).toEqual([
    { value: 'loras', count: 2, totalBytes: 12 },
    { value: 'vae', count: 2, totalBytes: null },
  ])
})

test('lists the chosen value of a field also while no model has it', () => {
  const values = valuesOf([model('a', { sizeBytes: 5 })], 'modelType', 'checkpoints')
  expect(values).toEqual([
    { value: 'checkpoints', count: 0, totalBytes: null },
    { value: 'loras', count: 1, totalBytes: 5 },
  ])
})
