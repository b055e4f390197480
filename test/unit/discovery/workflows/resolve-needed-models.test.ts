import { expect, test } from 'vitest'
import { failure, type Failure } from '../../../../electron/contract/failures.ts'
import type { LibraryModel } from '../../../../electron/contract/library.ts'
import {
  resolveNeeds,
  targetFor,
  type QueuedUpload,
} from '../../../../electron/discovery/workflows/resolve-needed-models.ts'
import type { LocalModel } from '../../../../electron/discovery/scan/walk-models.ts'
import type { Need } from '../../../../electron/discovery/workflows/workflow.ts'

const need = (name: string, change: Partial<Need> = {}): Need => ({
  ...{ name, modelType: 'loras', url: null, sha256: null, isOff: false, nodes: [] },
  ...change,
})
const owned = (modelPath: string, change: Partial<LibraryModel> = {}): LibraryModel => ({
  ...{ id: modelPath, displayName: modelPath, modelType: modelPath.split('/')[1] ?? '', modelPath },
  ...{ sizeBytes: 5, sha256: null, status: 'active', createdAtMs: null, storageKey: null },
  ...change,
})
const local = (path: string, modelType: string | null, name: string, sizeBytes = 1): LocalModel => ({
  ...{ path, modelType, name, sizeBytes, mtimeMs: 0 },
})
const nothing = { library: [], queued: [], local: [], folders: new Map() }
const upload = (modelPath: string, reason: Failure | null = null): QueuedUpload => ({
  ...{ id: `upload of ${modelPath}`, failure: reason },
  target: { displayName: 'x', modelType: modelPath.split('/')[1] ?? '', modelPath },
})
const one = (...args: Parameters<typeof resolveNeeds>) => {
  const [found] = resolveNeeds(...args)
  return [found?.stand, found?.by, found?.file?.path ?? null]
}

test('the team’s model is told by hash first, then by path, then by name', () => {
  const sum = 'a'.repeat(64)
  const library = [
    owned('models/loras/other/x.safetensors'),
    owned('models/loras/x.safetensors'),
    owned('models/vae/y', { sha256: sum }),
  ]
  expect(one([need('x.safetensors')], { ...nothing, library })).toEqual(['in-library', 'path', null])
  expect(one([need('X.SAFETENSORS')], { ...nothing, library: library.slice(0, 1) })).toEqual([
    'in-library',
    'name',
    null,
  ])
  expect(one([need('x.safetensors', { sha256: sum })], { ...nothing, library })).toEqual([
    'in-library',
    'hash',
    null,
  ])
})

test('the same name in another type, or with another hash, is another model', () => {
  const library = [owned('models/vae/x.safetensors')]
  expect(one([need('x.safetensors')], { ...nothing, library })[0]).toBe('nowhere')
  const other = [owned('models/loras/a/x.safetensors', { sha256: 'b'.repeat(64) })]
  expect(one([need('x.safetensors', { sha256: 'a'.repeat(64) })], { ...nothing, library: other })[0]).toBe(
    'nowhere',
  )
})

test('a disabled model is there and said to be disabled', () => {
  const [found] = resolveNeeds([need('x.pt')], {
    ...nothing,
    library: [owned('models/loras/x.pt', { status: 'disabled' })],
  })
  expect([found?.stand, found?.isDisabled]).toEqual(['in-library', true])
})

test('a need whose node tells no type is found in any', () => {
  const untyped = need('sub/x.gguf', { modelType: null })
  expect(one([untyped], { ...nothing, library: [owned('models/unet/sub/x.gguf')] })).toEqual([
    'in-library',
    'path',
    null,
  ])
  expect(one([untyped], { ...nothing, local: [local('/m/x.gguf', 'vae', 'x.gguf')] })).toEqual([
    'here',
    'name',
    '/m/x.gguf',
  ])
})

test('on this computer the path below the type counts most, then the type, then size; another type is no match', () => {
  const files = [
    local('/a/x.pt', null, 'x.pt', 9),
    local('/b/loras/x.pt', 'loras', 'x.pt', 3),
    local('/c/loras/f/x.pt', 'loras', 'f/x.pt', 1),
    local('/d/vae/x.pt', 'vae', 'x.pt', 99),
  ]
  expect(one([need('f/x.pt')], { ...nothing, local: files })).toEqual(['here', 'path', '/c/loras/f/x.pt'])
  expect(one([need('g/x.pt')], { ...nothing, local: files })).toEqual(['here', 'name', '/b/loras/x.pt'])
  expect(one([need('x.pt', { modelType: 'checkpoints' })], { ...nothing, local: files })).toEqual([
    'here',
    'name',
    '/a/x.pt',
  ])
})

test('what waits for the team is queued, and the library goes before it', () => {
  const queued = [upload('models/loras/x.pt')]
  expect(one([need('x.pt')], { ...nothing, queued })[0]).toBe('queued')
  expect(one([need('x.pt')], { ...nothing, queued, library: [owned('models/loras/x.pt')] })[0]).toBe(
    'in-library',
  )
})

test('an embedding is named without its extension and goes up with it', () => {
  const embedding = need('easy', { modelType: 'embeddings' })
  const file = local('/e/embeddings/easy.pt', 'embeddings', 'easy.pt')
  expect(one([embedding], { ...nothing, library: [owned('models/embeddings/easy.safetensors')] })).toEqual([
    'in-library',
    'path',
    null,
  ])
  expect(one([embedding], { ...nothing, local: [file] })[0]).toBe('here')
  expect(targetFor(embedding, file)).toEqual({
    modelType: 'embeddings',
    modelPath: 'models/embeddings/easy.pt',
  })
})

test('the target is where the node looks, cleaned only where the server would refuse it', () => {
  const file = local('/x', 'vae', 'x')
  expect(targetFor(need('a b/x-1.pt'), file)).toEqual({
    modelType: 'loras',
    modelPath: 'models/loras/a b/x-1.pt',
  })
  expect(targetFor(need('[x]+.pt'), file).modelPath).toBe('models/loras/x.pt')
  expect(targetFor(need('x.pt', { modelType: null }), local('/x', null, 'x'))).toEqual({})
})

test('what the person says by hand goes before what was found', () => {
  const hand = new Map([['x.pt', local('/hand/y.pt', null, 'y.pt')]])
  expect(one([need('x.pt')], { ...nothing, local: [local('/l/x.pt', 'loras', 'x.pt')] }, hand)).toEqual([
    'here',
    'hand',
    '/hand/y.pt',
  ])
})

test('an upload that has failed is no promise: it is told with its reason, unless another one is on its way', () => {
  const broken = upload('models/loras/x.pt', failure('file-missing'))
  const [found] = resolveNeeds([need('x.pt')], { ...nothing, queued: [broken] })
  expect([found?.stand, found?.failed]).toEqual([
    'failed',
    { uploadId: broken.id, failure: failure('file-missing') },
  ])
  const another = upload('models/loras/a/x.pt')
  expect(one([need('x.pt')], { ...nothing, queued: [broken, another] })[0]).toBe('queued')
})

const pipeline = need('sdxl-turbo', { modelType: 'diffusers', isFolder: true })

test('a folder is the team’s once its index is there and nothing of it is on its way', () => {
  const parts = ['unet/model.safetensors', 'model_index.json'].map((part) =>
    owned(`models/diffusers/SDXL-turbo/${part}`),
  )
  const known = { ...nothing, library: parts }
  const [found] = resolveNeeds([pipeline], known)
  expect([found?.stand, found?.by, found?.sizeBytes]).toEqual(['in-library', 'path', 10])
  expect(one([pipeline], { ...nothing, library: parts.slice(0, 1) })[0]).toBe('nowhere')
  const coming = upload('models/diffusers/sdxl-turbo/vae/model.safetensors')
  expect(one([pipeline], { ...known, queued: [coming] })[0]).toBe('queued')
  const failing = upload('models/diffusers/sdxl-turbo/vae/x.safetensors', failure('file-missing'))
  expect(one([pipeline], { ...known, queued: [coming, failing] })[0]).toBe('failed')
})

test('a folder of this computer goes below the folder that the loader reads', () => {
  const folder = local('/c/diffusers/sdxl-turbo', 'diffusers', 'sdxl-turbo', 7)
  const folders = new Map([[pipeline.name, folder]])
  expect(one([pipeline], { ...nothing, folders })).toEqual(['here', 'path', folder.path])
  expect(targetFor(pipeline, folder)).toEqual({
    modelType: 'diffusers',
    modelPath: 'models/diffusers/sdxl-turbo',
  })
})
