import { expect, test } from 'vitest'
import type { Failure } from '../../../../electron/contract/failures.ts'
import {
  resolveNeededModels,
  targetOf,
  type QueuedUpload,
} from '../../../../electron/discovery/workflows/resolve-needed-models.ts'
import { expectedModel } from '../../../../electron/discovery/workflows/workflow-loaders.ts'
import type { LocalModel } from '../../../../electron/discovery/scan/walk-models.ts'
import { neededModelKey, type NeededModel } from '../../../../electron/discovery/workflows/needed-models.ts'
import { libraryModel } from '../../../support/library-model.ts'

const needed = (name: string, change: Partial<NeededModel> = {}): NeededModel => ({
  name,
  modelType: 'loras',
  typeSource: 'loader',
  url: null,
  sha256: null,
  isOff: false,
  nodes: [],
  ...change,
})
const local = (path: string, modelType: string | null, name: string, sizeBytes = 1): LocalModel => ({
  path,
  modelType,
  name,
  sizeBytes,
  mtimeMs: 0,
})
const nothing = {
  library: [],
  queued: [],
  local: [],
  localHashes: new Map(),
  diffusersFolders: new Map(),
}
const upload = (modelPath: string, reason: Failure | null = null): QueuedUpload => ({
  id: `upload of ${modelPath}`,
  failure: reason,
  target: { displayName: 'x', modelType: modelPath.split('/')[1] ?? '', modelPath },
})
/** State, match and local path of the first model. */
const resolveFirst = (...args: Parameters<typeof resolveNeededModels>) => {
  const [found] = resolveNeededModels(...args)
  return [found?.stand, found?.by, found?.file?.path ?? null]
}

test('matches a library model by hash, then by path, then by name', () => {
  const sum = 'a'.repeat(64)
  const library = [
    libraryModel('models/loras/other/x.safetensors'),
    libraryModel('models/loras/x.safetensors'),
    libraryModel('models/vae/y', { sha256: sum }),
  ]
  expect(resolveFirst([needed('x.safetensors')], { ...nothing, library })).toEqual([
    'in-library',
    'path',
    null,
  ])
  expect(resolveFirst([needed('X.SAFETENSORS')], { ...nothing, library: library.slice(0, 1) })).toEqual([
    'in-library',
    'name',
    null,
  ])
  expect(resolveFirst([needed('x.safetensors', { sha256: sum })], { ...nothing, library })).toEqual([
    'in-library',
    'hash',
    null,
  ])
})

test('does not match a model of another type or with another hash', () => {
  const library = [libraryModel('models/vae/x.safetensors')]
  expect(resolveFirst([needed('x.safetensors')], { ...nothing, library })[0]).toBe('nowhere')
  const other = [libraryModel('models/loras/a/x.safetensors', { sha256: 'b'.repeat(64) })]
  expect(
    resolveFirst([needed('x.safetensors', { sha256: 'a'.repeat(64) })], { ...nothing, library: other })[0],
  ).toBe('nowhere')
})

test('finds the image encoder of a Wan workflow in both folders of its node, and uploads it to the first', () => {
  const node = 'LoadWanVideoClipTextEncoder'
  const { modelType } = expectedModel(node, 'model_name')
  const encoder = needed('h.safetensors', { modelType, nodes: [node, `${node}MultiGPU`] })
  const [first, second] = ['clip_vision', 'text_encoders'].map((type) =>
    local(`/m/${type}/h.safetensors`, type, 'h.safetensors'),
  )
  if (!first || !second) throw new Error('no files')
  for (const files of [[first], [second], [second, first]]) {
    const path = files.at(-1)?.path
    expect(resolveFirst([encoder], { ...nothing, local: files })).toEqual(['here', 'path', path])
  }
  expect(targetOf(encoder, second)).toEqual({
    modelType: 'clip_vision',
    modelPath: 'models/clip_vision/h.safetensors',
  })
  const inFolder = [local('/m/text_encoders/a/h.safetensors', 'text_encoders', 'a/h.safetensors')]
  expect(resolveFirst([encoder], { ...nothing, local: inFolder })).toEqual([
    'here',
    'name',
    '/m/text_encoders/a/h.safetensors',
  ])
  const [found] = resolveNeededModels([encoder], {
    ...nothing,
    library: [
      libraryModel('models/text_encoders/h.safetensors', { status: 'disabled' }),
      libraryModel('models/clip_vision/h.safetensors'),
    ],
  })
  expect([found?.stand, found?.by, found?.isDisabled]).toEqual(['in-library', 'path', false])
  for (const [path, by] of [
    ['models/text_encoders/h.safetensors', 'path'],
    ['models/text_encoders/a/h.safetensors', 'name'],
  ] as const) {
    const library = [libraryModel(path)]
    expect(resolveFirst([encoder], { ...nothing, library })).toEqual(['in-library', by, null])
    expect(resolveFirst([encoder], { ...nothing, queued: [upload(path)] })[0]).toBe('queued')
  }
})

test('prefers local files by path, then type, then size, never of another type', () => {
  const files = [
    local('/a/x.pt', null, 'x.pt', 9),
    local('/b/loras/x.pt', 'loras', 'x.pt', 3),
    local('/c/loras/f/x.pt', 'loras', 'f/x.pt', 1),
    local('/d/vae/x.pt', 'vae', 'x.pt', 99),
  ]
  expect(resolveFirst([needed('f/x.pt')], { ...nothing, local: files })).toEqual([
    'here',
    'path',
    '/c/loras/f/x.pt',
  ])
  expect(resolveFirst([needed('g/x.pt')], { ...nothing, local: files })).toEqual([
    'here',
    'name',
    '/b/loras/x.pt',
  ])
  expect(resolveFirst([needed('x.pt', { modelType: 'checkpoints' })], { ...nothing, local: files })).toEqual([
    'here',
    'name',
    '/a/x.pt',
  ])
})

test('matches an embedding without its extension and uploads it with it', () => {
  const embedding = needed('easy', { modelType: 'embeddings' })
  const file = local('/e/embeddings/easy.pt', 'embeddings', 'easy.pt')
  expect(
    resolveFirst([embedding], { ...nothing, library: [libraryModel('models/embeddings/easy.safetensors')] }),
  ).toEqual(['in-library', 'path', null])
  expect(resolveFirst([embedding], { ...nothing, local: [file] })[0]).toBe('here')
  expect(targetOf(embedding, file)).toEqual({
    modelType: 'embeddings',
    modelPath: 'models/embeddings/easy.pt',
  })
})

test('targets the path that the node loads, cleaned only if the server needs it', () => {
  const file = local('/x', 'vae', 'x')
  expect(targetOf(needed('a b/x-1.pt'), file)).toEqual({
    modelType: 'loras',
    modelPath: 'models/loras/a b/x-1.pt',
  })
  expect(targetOf(needed('[x]+.pt'), file).modelPath).toBe('models/loras/x.pt')
  expect(targetOf(needed('x.pt', { modelType: null }), local('/x', null, 'x'))).toEqual({})
})

test('matches a library model by name if only one of the two hashes is known', () => {
  const sha256 = 'a'.repeat(64)
  const at = (hash: string | null) => [libraryModel('models/loras/other/x.pt', { sha256: hash })]
  const match = (hash: string | null, library: string | null) =>
    resolveFirst([needed('x.pt', { sha256: hash })], { ...nothing, library: at(library) })[1]
  expect([match(sha256, null), match(null, sha256)]).toEqual(['name', 'name'])
})

test('resolves two models of one name by their types', () => {
  const models = ['loras', 'vae'].map((modelType) => needed('x.pt', { modelType }))
  const files = [local('/l/loras/x.pt', 'loras', 'x.pt'), local('/l/vae/x.pt', 'vae', 'x.pt')]
  const picked = new Map([
    [neededModelKey(needed('x.pt', { modelType: 'vae' })), local('/p.pt', null, 'p.pt')],
  ])
  const found = resolveNeededModels(models, { ...nothing, local: files }, picked)
  expect(found.map(({ file }) => file?.path)).toEqual(['/l/loras/x.pt', '/p.pt'])
})
