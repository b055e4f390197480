import { expect, test } from 'vitest'
import type { LibraryModel } from '../../../electron/contract/library.ts'
import {
  filterAndSort,
  toRows,
  valuesOf,
  type LibraryQuery,
} from '../../../renderer/library/library-query.ts'

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
const all: LibraryQuery = { search: '', type: '', base: '', status: '', sort: 'name', isDescending: false }
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
  expect([names(models, { sort: 'added' }), names(models, { sort: 'type', isDescending: true })]).toEqual([
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

test.for<[what: string, paths: readonly string[], rows: readonly [path: string, files: number][]]>([
  [
    'the files of a diffusers folder',
    ['models/diffusers/sdxl/unet/a.safetensors', 'models/loras/b', 'models/diffusers/sdxl/vae/a.safetensors'],
    [
      ['models/diffusers/sdxl', 2],
      ['models/loras/b', 1],
    ],
  ],
  [
    'each folder with an index',
    ['one/model_index.json', 'one/unet/a', 'two/model_index.json', 'two/unet/a'].map(
      (path) => `models/diffusers/base/${path}`,
    ),
    [
      ['models/diffusers/base/one', 2],
      ['models/diffusers/base/two', 2],
    ],
  ],
  [
    'numbered parts and their index',
    [
      'a-00001-of-00002.gguf',
      'a-00002-of-00002.gguf',
      'b-00001-of-00001.gguf',
      'a.safetensors.index.json',
    ].map((name) => `models/unet/${name}`),
    [
      ['models/unet/a', 3],
      ['models/unet/b-00001-of-00001.gguf', 1],
    ],
  ],
])('shows as one row: %s', ([, paths, rows]) => {
  const models = paths.map((modelPath) =>
    model(modelPath, { modelPath, modelType: modelPath.split('/')[1] ?? '' }),
  )
  expect(toRows(models).map(({ modelPath, files }) => [modelPath, files?.length ?? 1])).toEqual(rows)
})

test('a row of several files has their total size, first date and worst status, and is found by any of them', () => {
  const file = (name: string, given: Partial<LibraryModel>) =>
    model(name, { modelType: 'diffusers', modelPath: `models/diffusers/sdxl/${name}`, ...given })
  const files = [
    file('unet', { createdAtMs: 5, base: 'SDXL' }),
    file('vae', { createdAtMs: 3, status: 'disabled' }),
    file('index', { createdAtMs: null }),
  ]
  const rows = toRows(files)
  expect(rows).toMatchObject([
    { displayName: 'sdxl', sizeBytes: 3_000, createdAtMs: 3, status: 'disabled', base: 'SDXL', files },
  ])
  expect(filterAndSort(rows, { ...all, search: 'vae', base: 'SDXL', status: 'disabled' })).toEqual(rows)
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
