import { expect, test } from 'vitest'
import { detectGgufKind } from '../../../../electron/recognition/kinds/gguf-kind.ts'
import { families } from '../../../fixtures/families.ts'
import type { FixtureTensors } from '../../../fixtures/model-files.ts'

function kindOf(tensors: FixtureTensors, metadata: Readonly<Record<string, string>>) {
  const entries = Object.entries(tensors).map(
    ([name, { dtype, shape }]) => [name, { dtype, shape, sizeBytes: 2 }] as const,
  )
  const kind = detectGgufKind({ tensors: new Map(entries), metadata: new Map(Object.entries(metadata)) })
  return kind && [kind.modelType, kind.base]
}
const unknown: FixtureTensors = { 'odd.weight': { dtype: 'F16', shape: [300, 300] } }

test.for<[architecture: string, kind: readonly string[] | null]>([
  ['flux', ['diffusion_models', 'Flux.1']],
  ['qwen_image', ['diffusion_models', 'Qwen-Image']],
  ['t5encoder', ['text_encoders', 'T5']],
  ['clip', ['text_encoders', 'Multimodal projector']],
  ['unheard', null],
  ['constructor', null],
])('recognises unknown tensors by the architecture %s as %j', ([architecture, kind]) => {
  expect(kindOf(unknown, { 'general.architecture': architecture })).toEqual(kind)
})

test.for<[family: keyof typeof families, architecture: string, base: string]>([
  ['Flux.2', 'flux', 'Flux.2'],
  ['Qwen3 4B', 'qwen3', 'Qwen3-4B'],
  // Its image encoder is in a file of its own.
  ['Qwen3 4B', 'qwen3vl', 'Qwen3-4B-VL'],
  ['Qwen2.5-VL 7B', 'qwen2vl', 'Qwen2.5-7B-VL'],
  // ComfyUI-GGUF also has files without an architecture, or with this one, recognised by their tensors.
  ['Flux.2', '', 'Flux.2'],
  ['Flux.2', 'pig', 'Flux.2'],
])('recognises the tensors of %s with the architecture %s as %s', ([family, architecture, base]) => {
  expect(kindOf(families[family].tensors, { 'general.architecture': architecture })?.[1]).toBe(base)
})

test('recognises an adapter by its type, whatever its tensors', () => {
  expect(kindOf(families['Flux.2'].tensors, { 'general.type': 'adapter' })).toEqual(['loras', null])
})
