import { expect, test } from 'vitest'
import { loraLayers } from '../../../../electron/recognition/kinds/lora-layers.ts'
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
