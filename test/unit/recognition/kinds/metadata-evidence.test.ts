import { expect, test } from 'vitest'
import {
  basesFromMetadata,
  parseClassName,
  typeFromMetadata,
} from '../../../../electron/recognition/kinds/metadata-evidence.ts'

type Metadata = Readonly<Record<string, string>>
const basesOf = (metadata: Metadata) => basesFromMetadata(new Map(Object.entries(metadata)))
const typeOf = (metadata: Metadata) => typeFromMetadata(new Map(Object.entries(metadata)))

const config = '{"_class_name" : "FluxTransformer2DModel"}'

test.each<[what: string, metadata: Metadata, bases: readonly string[]]>([
  ['the architecture of ModelSpec', { 'modelspec.architecture': 'flux-1-dev/lora' }, ['Flux.1']],
  ['what kohya writes', { ss_base_model_version: 'sdxl_base_v1-0' }, ['SDXL']],
  [
    'ModelSpec before kohya',
    { ss_base_model_version: 'sdxl_base_v1-0', 'modelspec.architecture': 'flux-1-dev/lora' },
    ['Flux.1'],
  ],
  [
    'kohya if ModelSpec names no family',
    { ss_base_model_version: 'sdxl_base_v1-0', 'modelspec.architecture': 'my-own' },
    ['SDXL'],
  ],
  ['that it is SD2', { ss_v2: 'True', config }, ['SD2']],
  ['that it is not SD2', { ss_v2: 'False' }, []],
  ['a configuration of diffusers', { ss_v2: 'False', config }, ['Flux.1']],
  ['nothing', {}, []],
])('takes the families from %s', (_what, metadata, bases) => {
  expect(basesOf(metadata)).toEqual(bases)
})

test('takes the first class of a configuration', () => {
  expect(parseClassName('{"vae": {"_class_name": "A"}, "_class_name": "B"}')).toBe('A')
  expect(parseClassName('{"_class_name": 7}')).toBeNull()
})

test.each([
  ['sdxl/lora', 'loras'],
  ['SDXL-LoRA', 'loras'],
  ['sdxl/lycoris', 'loras'],
  ['sdxl/loha', 'loras'],
  ['sdxl/lokr', 'loras'],
  ['sdxl/textual-inversion', 'embeddings'],
  ['sdxl-controlnet', 'controlnet'],
  ['sdxl/control-net', 'controlnet'],
  ['flux-1-dev/vae', 'vae'],
])('takes the type from the architecture %s', (architecture, modelType) => {
  const metadata = { 'modelspec.architecture': architecture, ss_network_module: 'networks.lora' }
  expect(typeOf(metadata)).toEqual({ modelType, evidence: 'modelspec.architecture' })
})

test('takes what kohya trains for a LoRA, and other files for nothing', () => {
  expect(typeOf({ 'modelspec.architecture': 'sdxl', ss_network_module: 'networks.lora' })).toEqual({
    modelType: 'loras',
    evidence: 'ss_network_module',
  })
  expect(typeOf({ 'modelspec.architecture': 'my-explora' })).toBeNull()
  expect(typeOf({})).toBeNull()
})
