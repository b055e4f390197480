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

test('sorts equal sizes by name in both directions and unknown sizes as smallest', () => {
  const models = [model('b'), model('a'), model('big', { sizeBytes: 9_000 }), model('?', { sizeBytes: null })]
  expect(names(models, { sort: 'size' })).toEqual(['?', 'a', 'b', 'big'])
  expect(names(models, { sort: 'size', isDescending: true })).toEqual(['big', 'a', 'b', '?'])
})

test('finds models by words in name, path, type, hash or id', () => {
  const models = [model('Soft Grain', { sha256: 'ab12' }), model('Soft Light', { modelType: 'vae' })]
  expect([
    names(models, { search: ' SOFT  vae ' }),
    names(models, { search: 'ab12' }),
    names(models, { search: 'x9' }),
  ]).toEqual([['Soft Light'], ['Soft Grain'], []])
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
