import { expect, test } from 'vitest'
import { failed, failure, success } from '../../../electron/contract/failures.ts'
import type { LibraryModel } from '../../../electron/contract/library.ts'
import { createModelStatusReader } from '../../../electron/feed/model-status.ts'
import type { UploadRecord } from '../../../electron/journal/upload-record.ts'
import type { FoundGroup } from '../../../electron/recognition/model-groups.ts'
import { libraryModel } from '../../support/library-model.ts'
import { registeredRecord, uploadRecord } from '../../support/records.ts'
import { rowsOnJournal } from '../../support/rows-on-journal.ts'

const folder = 'models/diffusers/sdxl'
const names = ['model_index.json', 'unet/a.safetensors', 'vae/']

interface GivenGroup extends Partial<Omit<FoundGroup, 'files'>> {
  /** Null if the names follow from the numbering. */
  readonly files?: readonly string[] | null
}

/** An upload of a file of a diffusers model, with what the model had when it was found. */
function fileOf(name: string, given: Partial<UploadRecord> & { readonly group?: GivenGroup } = {}) {
  const { group: { files = names, ...group } = {}, ...rest } = given
  const within = name.split('/')
  const fileName = within.pop() ?? ''
  const target = { displayName: name, modelType: 'diffusers', modelPath: `${folder}/${name}` }
  const found: FoundGroup = {
    key: 'k',
    name: 'sdxl',
    kind: 'diffusers',
    root: '/sdxl',
    within,
    ...(files && { files }),
    ...group,
  }
  return uploadRecord({ fileName, target, seen: { place: '/sdxl', group: found, target }, ...rest })
}

const registered = (record: UploadRecord): UploadRecord => ({
  ...record,
  phase: 'registered',
  state: registeredRecord().state,
})

/** Reads the status of the first record with these models in the library; null: the server lists none. */
function setup(records: readonly UploadRecord[], models: readonly LibraryModel[] | null) {
  const { rows, store, environment } = rowsOnJournal(records)
  const listing = { models: models ?? [], listedAtMs: 0, completeAtMs: 0, failure: null }
  const read = createModelStatusReader({
    rows,
    store,
    environment,
    library: { models: async () => (models ? success(listing) : failed(failure('not-found'))) },
  })
  return { rows, store, environment, status: () => read(records[0] ?? uploadRecord()) }
}

const inLibrary = (...paths: readonly string[]) => paths.map((path) => libraryModel(`${folder}/${path}`))

test('a file is present if the library has its path, and a folder if it has a file in it', async () => {
  const files = [fileOf('model_index.json'), fileOf('unet/a.safetensors')]
  const statusWith = (...paths: readonly string[]) =>
    setup(files.map(registered), inLibrary(...paths)).status()
  const all = { fileCount: 3, presentCount: 3, missing: [] }
  expect(await statusWith(...names.slice(0, 2), 'vae/config.json')).toEqual(all)
  expect(await statusWith('MODEL_INDEX.json', 'unet/A.safetensors', 'VAE/x')).toEqual(all)
  expect(await statusWith('unet/a.safetensors', 'vae.json')).toEqual({
    fileCount: 3,
    presentCount: 1,
    missing: ['model_index.json', 'vae/'],
  })
})

test.for<[string, readonly LibraryModel[] | null]>([
  ['the server lists no models', null],
  ['a listed model has no path', [libraryModel('x', { modelPath: null })]],
])('without a usable listing the uploads show what is present: %s', async ([, models]) => {
  const duplicate: UploadRecord = {
    ...registered(fileOf('unet/a.safetensors')),
    state: { kind: 'duplicate', sha256: 'ab'.repeat(32), modelId: 'm', finishedAtMs: 1 },
  }
  const withPath = (path: string | null) => ({
    ...duplicate,
    library: { already: { name: 'M', path, status: 'active' } },
  })
  const statusWith = (other: UploadRecord) =>
    setup(
      [registered(fileOf('model_index.json', { group: { files: names.slice(0, 2) } })), other],
      models,
    ).status()
  expect(await statusWith(withPath(`${folder}/unet/a.safetensors`))).toMatchObject({ presentCount: 2 })
  expect(await statusWith(withPath('models/loras/other.safetensors'))).toMatchObject({ presentCount: 1 })
  expect(await statusWith(withPath(null))).toMatchObject({ presentCount: 1 })
  expect(await statusWith(fileOf('unet/a.safetensors'))).toMatchObject({ presentCount: 1, missing: [] })
})

test('without a listing the history counts too, but only the same team’s', async () => {
  const index = registered(fileOf('model_index.json', { group: { files: names.slice(0, 2) } }))
  const weights = registered(fileOf('unet/a.safetensors'))
  const statusWith = (earlier: UploadRecord) => {
    const { store, status } = setup([index], null)
    store.add([earlier])
    return status()
  }
  expect(await statusWith(weights)).toMatchObject({ presentCount: 2 })
  expect(await statusWith({ ...weights, team: { id: 'team_02', name: 'Other' } })).toMatchObject({
    presentCount: 1,
  })
})

test('without an answer of the server the status follows from the uploads after 15 seconds', async () => {
  const { rows, store, environment } = rowsOnJournal()
  const file = registered(fileOf('model_index.json'))
  rows.restore([file])
  const read = createModelStatusReader({
    rows,
    store,
    environment,
    library: { models: () => new Promise(() => {}) },
  })
  const reading = read(file)
  environment.clock.advance(15_000)
  expect(await reading).toMatchObject({ presentCount: 1 })
})

test('finds the folder of a model by most of its files, since single ones may have been moved', async () => {
  const files = [
    fileOf('model_index.json', {
      target: { displayName: 'x', modelType: 'x', modelPath: 'models/x/moved.json' },
    }),
    fileOf('unet/a.safetensors'),
    fileOf('vae/x'),
  ]
  expect(await setup(files.map(registered), inLibrary(...names.slice(0, 2), 'vae/x')).status()).toMatchObject(
    {
      presentCount: 3,
    },
  )
})

test('counts numbered parts by their numbers', async () => {
  const shard = { stem: 'm', count: 3, extension: '.safetensors' }
  const part = fileOf('m-00002-of-00003.safetensors', {
    group: { kind: 'shards', files: null, shard },
  })
  expect(await setup([registered(part)], inLibrary('m-00002-of-00003.safetensors')).status()).toEqual({
    fileCount: 3,
    presentCount: 1,
    missing: ['m-00001-of-00003.safetensors', 'm-00003-of-00003.safetensors'],
  })
})

test('counts parts from 0 if one of them is part 0, also if others were found before it', async () => {
  const shard = { stem: 'm', count: 2, extension: '.safetensors' }
  const [second, first] = [
    fileOf('m-00001-of-00002.safetensors', { addedAtMs: 1, group: { kind: 'shards', files: null, shard } }),
    fileOf('m-00000-of-00002.safetensors', {
      addedAtMs: 2,
      group: { kind: 'shards', files: null, shard: { ...shard, firstNumber: 0 } },
    }),
  ]
  const status = await setup([second, first].map(registered), inLibrary(first.fileName)).status()
  expect(status).toEqual({ fileCount: 2, presentCount: 1, missing: [second.fileName] })
})

test('finds a renamed file by its own path, and the other files of its model by their names', async () => {
  const graph = fileOf('graph.onnx', {
    group: { kind: 'external', files: ['graph.onnx'] },
    target: { displayName: 'x', modelType: 'x', modelPath: `${folder}/renamed.onnx` },
  })
  const renamed = inLibrary('renamed.onnx')
  expect(await setup([registered(graph)], renamed).status()).toMatchObject({ presentCount: 1 })
  const fixed = fileOf('graph.onnx', { group: { files: ['graph.onnx'] }, target: graph.target })
  expect(await setup([registered(fixed)], renamed).status()).toMatchObject({ presentCount: 0 })
})
