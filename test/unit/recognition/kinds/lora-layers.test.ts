import { expect, test } from 'vitest'
import { loraLayers, loraShare } from '../../../../electron/recognition/kinds/lora-layers.ts'
import { tensorNames } from '../../../../electron/recognition/kinds/tensor-names.ts'

type Shapes = Readonly<Record<string, readonly number[]>>

const namesOf = (shapes: Shapes) =>
  tensorNames(
    new Map(
      Object.entries(shapes).map(([name, shape]) => [name, { dtype: 'F16', shape, sizeBytes: 2 }] as const),
    ),
  )
const layersOf = (shapes: Shapes) =>
  [...loraLayers(namesOf(shapes)).values()].map(({ name, example, numbers, inputWidths, outputWidths }) => ({
    name,
    example,
    numbers,
    inputs: [...inputWidths],
    outputs: [...outputWidths],
  }))

test('combines the layers that differ only in their numbers', () => {
  const shapes = {
    'blocks.3.attn.0.lora_A.weight': [16, 640],
    'blocks.3.attn.0.lora_B.weight': [320, 16],
    'blocks.12.attn.0.lora_A.weight': [16, 1280],
    'blocks.12.attn.0.lora_B.weight': [960, 16],
    'blocks.4.attn.1.lora_A.weight': [16, 640],
    'norm.weight': [8],
  }
  expect(layersOf(shapes)).toEqual([
    {
      name: 'blocks.#.attn.#',
      example: 'blocks.3.attn.0.lora_A.weight',
      numbers: [12, 1],
      inputs: [640, 1280],
      outputs: [320, 960],
    },
  ])
})

test.each([
  ['base_model.model.blocks.0.to_q', 'blocks.#.to_q', [0]],
  ['model.diffusion_model.blocks.7.to_q', 'blocks.#.to_q', [7]],
  ['transformer.single_blocks.38.linear1', 'single_blocks.#.linear1', [38]],
  ['unet.mid.attn.processor.to_q', 'mid.attn.to_q', []],
  ['lora_unet_input_blocks_4_1_proj_in', 'input_blocks_#_#_proj_in', [4, 1]],
  ['lycoris_lora_unet_mid_0', 'mid_#', [0]],
  ['blocks.fc1.net2', 'blocks.fc1.net2', []],
  ['0.to_q', '#.to_q', [0]],
])('names the layer of %s as %s', (path, name, numbers) => {
  expect(layersOf({ [`${path}.lora_down.weight`]: [4, 8] })).toMatchObject([{ name, numbers }])
})

test.each<[what: string, shapes: Shapes, input: number | undefined, output: number | undefined]>([
  ['kohya', { 'a.lora_down.weight': [4, 8], 'a.lora_up.weight': [16, 4] }, 8, 16],
  ['PEFT', { 'a.lora_A.weight': [4, 8], 'a.lora_B.weight': [16, 4] }, 8, 16],
  ['PEFT with adapter names', { 'a.lora_A.mine.weight': [4, 8], 'a.lora_B.mine.weight': [16, 4] }, 8, 16],
  ['diffusers', { 'a.to_q_lora.down.weight': [4, 8], 'a.to_q_lora.up.weight': [16, 4] }, 8, 16],
  ['XLabs', { 'a.qkv_lora1.down.weight': [4, 8], 'a.qkv_lora1.up.weight': [16, 4] }, 8, 16],
  ['LoHa', { 'a.hada_w1_a': [16, 4], 'a.hada_w1_b': [4, 8], 'a.hada_w2_b': [4, 9] }, 8, 16],
  ['LoKr', { 'a.lokr_w1': [2, 3], 'a.lokr_w2': [4, 5] }, 15, undefined],
  ['LoKr of two products', { 'a.lokr_w1_b': [2, 3], 'a.lokr_w2_b': [4, 7] }, 21, undefined],
  ['half a LoKr', { 'a.lokr_w1': [2, 3] }, undefined, undefined],
  ['a full difference', { 'a.diff': [16, 8] }, 8, 16],
  ['OFT', { 'a.oft_blocks': [4, 8, 8] }, undefined, undefined],
])('takes the widths of a layer from %s', (_what, shapes, input, output) => {
  const [layer] = layersOf(shapes)
  expect([layer?.inputs, layer?.outputs]).toEqual([[input ?? []].flat(), [output ?? []].flat()])
})

test('leaves out layers with names of more than 300 characters', () => {
  const ending = '.lora_down.weight'
  const layersWith = (length: number) => layersOf({ [ending.padStart(length, 'x')]: [4, 8] }).length
  expect([layersWith(300), layersWith(301)]).toEqual([1, 0])
})

test('keeps 5,000 different layers', () => {
  const letters = (index: number) => index.toString(2).replaceAll('0', 'a').replaceAll('1', 'b')
  const shapesOf = (count: number) =>
    Object.fromEntries(
      Array.from({ length: count }, (_none, index) => [`${letters(index)}.lora_up.weight`, [4, 8]]),
    )
  expect(layersOf(shapesOf(5_000))).toHaveLength(5_000)
  expect(layersOf(shapesOf(5_001))).toHaveLength(5_000)
})

test.each<[what: string, names: readonly string[], share: number]>([
  ['no tensor', ['a.weight', 'b.alpha'], 0],
  ['half of the tensors', ['a.lora_up.weight', 'a.weight'], 1 / 2],
  ['an alpha beside them', ['a.lora_up.weight', 'a.alpha', 'a.weight', 'b.weight'], 1 / 2],
  ['all tensors', ['a.lora_up.weight', 'a.lora_down.weight', 'a.alpha'], 1],
])('counts %s to the adapter', (_what, names, share) => {
  expect(loraShare(namesOf(Object.fromEntries(names.map((name) => [name, [1]]))))).toBe(share)
})
