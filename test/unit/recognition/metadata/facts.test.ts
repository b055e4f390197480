import { expect, test } from 'vitest'
import type { TensorInfo } from '../../../../electron/recognition/formats/header.ts'
import {
  extractFacts,
  findPrivateContent,
  headerLicence,
} from '../../../../electron/recognition/metadata/facts.ts'
import type { FileContent } from '../../../../electron/recognition/read-content.ts'

const noFacts = {
  title: null,
  author: null,
  description: null,
  licence: null,
  triggerWords: [],
  trainingBase: null,
}
type Metadata = Readonly<Record<string, string>>

function factsOf(
  metadata: Metadata,
  {
    tensors = {},
    sidecar = {},
    content = {},
  }: {
    readonly tensors?: Readonly<Record<string, TensorInfo>>
    readonly sidecar?: Partial<typeof noFacts> | { readonly triggerWords: readonly string[] }
    readonly content?: Partial<FileContent>
  } = {},
) {
  const header = { tensors: new Map(Object.entries(tensors)), metadata: new Map(Object.entries(metadata)) }
  const whole: FileContent = { format: 'safetensors', header, kind: null, failure: null, ...content }
  return extractFacts(whole, { ...noFacts, ...sidecar }, [])
}

test.each([
  ['title', ['modelspec.title', 'general.name', 'ss_output_name']],
  ['author', ['modelspec.author', 'general.author', 'general.organization']],
  ['description', ['modelspec.description', 'general.description']],
  ['licence', ['modelspec.license', 'general.license', 'license']],
  [
    'trainingBase',
    ['ss_sd_model_name', 'ss_base_model_version', 'general.base_model.0.name', 'modelspec.merged_from'],
  ],
  ['resolution', ['modelspec.resolution', 'ss_resolution']],
  ['date', ['modelspec.date', 'ss_training_finished_at']],
  ['usageHint', ['modelspec.usage_hint']],
  ['predictionType', ['modelspec.prediction_type']],
  ['producer', ['general.quantized_by', 'modelspec.implementation']],
] as const)('reads %s from the first of the keys of its writers that has a value', (fact, keys) => {
  expect(factsOf({})[fact]).toBeNull()
  for (const [index, key] of keys.entries()) {
    const empty = Object.fromEntries(
      keys.slice(0, index).map((one, at) => [one, ['', ' ', 'None'][at] ?? '']),
    )
    const later = Object.fromEntries(keys.slice(index + 1).map((one) => [one, 'later']))
    expect(factsOf({ ...empty, ...later, [key]: ' value ' })[fact], key).toBe('value')
  }
})

test('prefers what a header says to its sidecars', () => {
  const sidecar = { ...noFacts, title: 'a', author: 'b', description: 'c', licence: 'd', trainingBase: 'e' }
  expect(factsOf({}, { sidecar })).toMatchObject(sidecar)
  const metadata = {
    'general.name': 'A',
    'general.author': 'B',
    'general.description': 'C',
    license: 'D',
    ss_sd_model_name: 'E',
  }
  const own = { title: 'A', author: 'B', description: 'C', licence: 'D', trainingBase: 'E' }
  expect(factsOf(metadata, { sidecar })).toMatchObject(own)
  expect(headerLicence({ tensors: new Map(), metadata: new Map([['license', 'MIT']]) })).toBe('MIT')
  expect(headerLicence(null)).toBeNull()
})

test('counts parameters and sorts the eight element types that take the most bytes', () => {
  const sizes = [5, 9, 1, 7, 3, 8, 2, 6, 4]
  const tensors = Object.fromEntries(
    sizes.map((sizeBytes, index) => [
      String(index),
      { dtype: `T${sizeBytes}`, shape: [sizeBytes, 2], sizeBytes },
    ]),
  )
  const facts = factsOf({}, { tensors })
  expect(facts.parameterCount).toBe(2 * 45)
  expect(facts.dtypes.map(({ sizeBytes }) => sizeBytes)).toEqual([9, 8, 7, 6, 5, 4, 3, 2])
  expect(factsOf({}, { content: { header: null } })).toMatchObject({
    parameterCount: null,
    dtypes: [],
    quantisation: null,
  })
})

test.each([
  ['/home/mira/model', true],
  ['path=/Users/mira/model', true],
  ['"C:\\\\models\\\\a"', true],
  ['D:/models', true],
  ['(/workspace/a)', true],
  ['https://example.com/home/', false],
  ['a/mnt/b', false],
  ['/usr/lib', false],
])('takes %j for a local path: %s', (value, isPath) => {
  expect(findPrivateContent(new Map([['any', value]]))).toEqual(isPath ? ['local-paths'] : [])
})

test('finds a workflow, prompts and training texts, but not in a picture or far into a value', () => {
  const found = (metadata: Metadata) => findPrivateContent(new Map(Object.entries(metadata)))
  expect(found({ prompt: '{}', workflow: '{}' })).toEqual(['prompt', 'workflow'])
  for (const key of ['ss_tag_frequency', 'ss_training_comment', 'ss_dataset_dirs', 'ss_datasets']) {
    expect(found({ [key]: 'a cat' }), key).toEqual(['training-texts'])
    for (const nothing of ['{}', 'None', 'null']) expect(found({ [key]: nothing }), key).toEqual([])
  }
  expect(found({ 'modelspec.thumbnail': ' /home/mira/' })).toEqual([])
  expect(found({ a: `${' '.repeat(99_994)}/home/` })).toEqual(['local-paths'])
  expect(found({ a: `${' '.repeat(99_995)}/home/` })).toEqual([])
})

test('takes up to twelve trigger words from the author, else from a sidecar, else from tags', () => {
  const words = Array.from({ length: 13 }, (_, index) => `w${index}`)
  const counts = Object.fromEntries(words.toReversed().map((word, index) => [word, 100 + index]))
  const tags = { ss_tag_frequency: JSON.stringify({ folder: counts }) }
  const phrase = { 'modelspec.trigger_phrase': words.map((word) => `${word} ,, `).join('') }
  const sidecar = { triggerWords: words.map((word) => `sidecar ${word}`) }
  expect(factsOf({ ...phrase, ...tags }, { sidecar }).triggerWords).toEqual(words.slice(0, 12))
  expect(factsOf({ 'modelspec.trigger_phrase': ' ', ...tags }, { sidecar }).triggerWords).toEqual(
    sidecar.triggerWords.slice(0, 12),
  )
  expect(factsOf(tags, { sidecar: { triggerWords: ['one'] } }).triggerWords).toEqual(['one'])
  expect(factsOf(tags).triggerWords).toEqual(words.slice(0, 12))
  expect(factsOf({}).triggerWords).toEqual([])
})
