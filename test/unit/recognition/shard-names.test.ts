import { join } from 'node:path'
import { expect, test } from 'vitest'
import { collectFiles } from '../../../electron/discovery/scan/collect-files.ts'
import { inspectFile } from '../../../electron/recognition/inspect-file.ts'
import { detectShardedKind } from '../../../electron/recognition/kinds/shard-kind.ts'
import {
  findGroup,
  findMissingShard,
  otherGroupFiles,
  parseShardName,
  shardNames,
  type Shard,
} from '../../../electron/recognition/model-groups.ts'
import { flux, half } from '../../fixtures/family.ts'
import { writeGguf } from '../../fixtures/gguf-files.ts'
import { writeSafetensors, writeText } from '../../fixtures/model-files.ts'
import { createModelFolder } from '../discovery/model-folder.ts'

/** Names of published models: the first part, the last one, and how many there are. */
const published = [
  ['FLUX.1', 'flux-00001-of-00003.safetensors', 'flux-00003-of-00003.safetensors', 3],
  ['HunyuanImage 3.0', 'model-0001-of-0032.safetensors', 'model-0032-of-0032.safetensors', 32],
  ['DeepSeek V3', 'model-00001-of-000163.safetensors', 'model-00163-of-000163.safetensors', 163],
  ['a model from 0', 'model-00000-of-00002.safetensors', 'model-00001-of-00002.safetensors', 2],
] as const

function shardOf(name: string): Shard {
  const shard = parseShardName(name)
  if (!shard) throw new Error(`${name} is not a part`)
  return shard
}

test.each(published)('lists the parts of %s under their published names', (_model, first, last, count) => {
  const names = shardNames(shardOf(first))
  expect([names[0], names.at(-1), names.length]).toEqual([first, last, count])
})

test.each(published)('finds one group for all parts of %s and their index', (_model, first, last) => {
  const parts = shardNames(shardOf(first))
  const index = first.replace(/-0.*/, '.safetensors.index.json')
  const names = new Set([...parts, index, 'other.safetensors'])
  const groups = [...parts, index].map((name) => findGroup(name, names, '/models/big'))
  const expected = { kind: 'shards', key: groups[0]?.key, shard: shardOf(first) }
  for (const group of groups) expect(group).toMatchObject(expected)
  expect(otherGroupFiles(last, names)).toEqual([...parts.slice(0, -1), index])
  expect(findGroup('other.safetensors', names, '/models/big')).toBeNull()
})

test.each(published)('names the part of %s that is missing', async (_model, first, last) => {
  const shard = shardOf(first)
  const names = shardNames(shard)
  expect(await findMissingShard(createModelFolder(...names), shard)).toBeNull()
  expect(await findMissingShard(createModelFolder(...names.slice(0, -1)), shard)).toBe(last)
})

test('keeps the group key that older versions stored for names of five digits', () => {
  const group = findGroup('flux-00001-of-00003.safetensors', new Set(), '/models/unet')
  expect(group?.key).toBe('9ec049594d41c575')
})

test('gives a part the same group key before and after part 0 is there', () => {
  const [zero, one] = ['m-00000-of-00002.bin', 'm-00001-of-00002.bin']
  const groupAmong = (...names: readonly string[]) => findGroup(one, new Set(names), '/m')
  expect(groupAmong(one)?.key).toBe(groupAmong(zero, one)?.key)
  expect(groupAmong(one)?.shard).not.toEqual(groupAmong(zero, one)?.shard)
})

test('separates models in one folder whose numbers have different widths', () => {
  const names = ['m-0001-of-0002.bin', 'm-0002-of-0002.bin', 'm-00001-of-00002.bin', 'm-00002-of-00002.bin']
  const keys = names.map((name) => findGroup(name, new Set(names), '/m')?.key)
  expect([keys[0] === keys[1], keys[2] === keys[3], keys[0] === keys[2]]).toEqual([true, true, false])
})

test.each([
  'lora-1-of-2.safetensors',
  'epoch-10-of-20.pt',
  'epoch-010-of-020.pt',
  'step-1000-of-1000.safetensors',
  'm-00001-of-01001.safetensors',
  'm-00001-of-00000.safetensors',
  'm-00004-of-00003.safetensors',
  'm-0000001-of-0000002.safetensors',
])('treats %s as a model of its own', (name) => {
  expect(findGroup(name, new Set([name]), '/m')).toBeNull()
})

test('treats a number beyond the last part as a model of its own if there is a part 0', () => {
  const names = new Set([0, 1, 2].map((number) => `m-0000${number}-of-00002.bin`))
  expect(findGroup('m-00002-of-00002.bin', names, '/m')).toBeNull()
  expect(otherGroupFiles('m-00000-of-00002.bin', names)).toEqual(['m-00001-of-00002.bin'])
})

const { 'guidance_in.in_layer.weight': guidance = half(1), ...rest } = flux

/** Writes a Flux model in two parts, of which only the second one shows that it is Flux.1 dev. */
async function writeParts(folder: string, first: string, second: string): Promise<void> {
  await writeSafetensors(join(folder, first), { tensors: rest })
  await writeSafetensors(join(folder, second), { tensors: { 'guidance_in.in_layer.weight': guidance } })
}

/** The name of each file, and the missing part that it is refused for. */
async function missingPartsOf(path: string) {
  const { files } = await collectFiles([path])
  return Promise.all(
    files.map(async (file) => {
      const { failure } = await inspectFile(file.path, file)
      return [file.name, failure && failure.params['missing']]
    }),
  )
}

test.each([
  ['counted from 0', 'm-00000-of-00002.safetensors', 'm-00001-of-00002.safetensors'],
  ['with four digits', 'm-0001-of-0002.safetensors', 'm-0002-of-0002.safetensors'],
  ['with five and six digits', 'm-00001-of-000002.safetensors', 'm-00002-of-000002.safetensors'],
])('recognises parts %s by the tensors of all of them', async (_numbers, first, second) => {
  const folder = createModelFolder()
  await writeParts(folder, first, second)
  expect((await detectShardedKind(folder, shardOf(first)))?.variant).toBe('dev')
  expect(await missingPartsOf(join(folder, second))).toEqual([
    [second, null],
    [first, null],
  ])
})

test('recognises parts of GGUF by the metadata of the first', async () => {
  const folder = createModelFolder()
  const names = ['q-00001-of-00002.gguf', 'q-00002-of-00002.gguf']
  await writeGguf(join(folder, names[0] ?? ''), {
    metadata: { 'general.architecture': 'qwen2vl' },
    tensors: { 'token_embd.weight': { type: 1, shape: [64, 3584] } },
  })
  await writeGguf(join(folder, names[1] ?? ''), {
    tensors: { 'blk.0.attn_k.bias': { type: 1, shape: [512] } },
  })
  for (const name of names) {
    const { recognition } = await inspectFile(join(folder, name))
    expect([recognition.modelType, recognition.base], name).toEqual(['text_encoders', 'Qwen2.5-7B-VL'])
  }
})

test('recognises a part by its own metadata if all parts together show nothing', async () => {
  const folder = createModelFolder()
  const names = ['m-00001-of-00002.safetensors', 'm-00002-of-00002.safetensors']
  const tensors = { 'odd.weight': half(300, 300) }
  await writeSafetensors(join(folder, names[0] ?? ''), { tensors })
  await writeSafetensors(join(folder, names[1] ?? ''), {
    tensors,
    metadata: { 'modelspec.architecture': 'flux-1-dev/lora' },
  })
  const { recognition } = await inspectFile(join(folder, names[1] ?? ''))
  expect([recognition.modelType, recognition.base]).toEqual(['loras', 'Flux.1'])
})

test.each(published)('refuses a part of %s without the others', async (_model, first) => {
  const folder = createModelFolder()
  await writeSafetensors(join(folder, first), { tensors: rest })
  expect(await missingPartsOf(folder)).toEqual([[first, shardNames(shardOf(first))[1]]])
})

test('accepts a part that was refused before part 0 was there', async () => {
  const folder = createModelFolder()
  const [first, second] = ['m-00000-of-00002.safetensors', 'm-00001-of-00002.safetensors']
  await writeSafetensors(join(folder, second), { tensors: rest })
  const { files } = await collectFiles([join(folder, second)])
  const inspectAll = () => Promise.all(files.map((file) => inspectFile(file.path, file)))
  const missing = { missing: 'm-00002-of-00002.safetensors' }
  expect(await inspectAll()).toMatchObject([{ failure: { code: 'file-part-missing', params: missing } }])
  await writeSafetensors(join(folder, first), { tensors: rest })
  expect(await inspectAll()).toMatchObject([{ failure: null }])
})

test('checks the parts of a diffusers folder by the numbers in their names', async () => {
  const folder = createModelFolder()
  await writeText(join(folder, 'model_index.json'), '{}')
  const inFolder = join(folder, 'transformer')
  await writeParts(inFolder, 'm-00000-of-00002.safetensors', 'm-00001-of-00002.safetensors')
  await writeSafetensors(join(inFolder, 'n-0001-of-0002.safetensors'), { tensors: rest })
  expect(await missingPartsOf(folder)).toEqual([
    ['model_index.json', null],
    ['m-00000-of-00002.safetensors', null],
    ['m-00001-of-00002.safetensors', null],
    ['n-0001-of-0002.safetensors', 'n-0002-of-0002.safetensors'],
  ])
})
