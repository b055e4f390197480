import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { findMissingParts } from '../../../electron/recognition/diffusers-components.ts'

/** What a folder with these files lacks of the model that its index describes. */
function missingOf(index: unknown, names: readonly string[]): Promise<readonly string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'modelferry-diffusers-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'model_index.json'), JSON.stringify(index))
  return findMissingParts(folder, names)
}

const vae = { vae: ['diffusers', 'AutoencoderKL'] }
const tokenizer = { tokenizer: ['transformers', 'CLIPTokenizer'] }

test.each([
  ['reports a component without any file', vae, [], ['vae/']],
  ['reports a component whose only file has no weights', vae, ['vae/config.json'], ['vae/*.safetensors']],
  [
    'reports a component of several files without weights',
    vae,
    ['vae/a.json', 'vae/b.json'],
    ['vae/*.safetensors'],
  ],
  ['reports nothing if only the weights are there', vae, ['vae/model.safetensors'], []],
  [
    'reports nothing if weights and settings are there',
    vae,
    ['vae/config.json', 'vae/model.safetensors'],
    [],
  ],
  [
    'does not take a folder with a longer name for the component',
    vae,
    ['vae_1_0/model.safetensors'],
    ['vae/'],
  ],
  ['needs no weights of a tokenizer', tokenizer, ['tokenizer/vocab.json'], []],
  ['reports a tokenizer without any file', tokenizer, [], ['tokenizer/']],
  [
    'needs no weights of a tokenizer that transformers 5 saved',
    { tokenizer: ['transformers', 'TokenizersBackend'] },
    ['tokenizer/tokenizer.json', 'tokenizer/tokenizer_config.json'],
    [],
  ],
  [
    'needs no weights of a guider',
    { guider: ['diffusers', 'AdaptiveProjectedMixGuidance'] },
    ['guider/guider_config.json'],
    [],
  ],
  ['reports nothing for an omitted component', { safety_checker: [null, null] }, [], []],
  ['reports nothing for the version', { _class_name: 'FluxPipeline', _diffusers_version: '0.31.0' }, [], []],
  ['reports nothing if the index is a list', [['diffusers', 'AutoencoderKL']], [], []],
  [
    'reports the parts that are not there',
    vae,
    ['vae/model-00001-of-00003.safetensors'],
    ['vae/model-00002-of-00003.safetensors', 'vae/model-00003-of-00003.safetensors'],
  ],
  [
    'reports a missing part with the widths of the numbers of the others',
    vae,
    ['vae/model-0002-of-0002.safetensors'],
    ['vae/model-0001-of-0002.safetensors'],
  ],
  [
    'reports nothing if the parts are counted from 0',
    vae,
    ['vae/model-00000-of-00002.safetensors', 'vae/model-00001-of-00002.safetensors'],
    [],
  ],
  [
    'reports the missing last part of those that are counted from 0',
    vae,
    ['vae/model-00000-of-00003.safetensors', 'vae/model-00001-of-00003.safetensors'],
    ['vae/model-00002-of-00003.safetensors'],
  ],
])('%s', async (_, index, names, expected) => {
  expect(await missingOf(index, names)).toEqual(expected)
})

test('reads an index with a class name of hundreds of kilobytes at once', async () => {
  const index = { vae: ['diffusers', `${'ImageProcessor'.repeat(18_000)}.`] }
  const startedAtMs = performance.now()
  expect(await missingOf(index, [])).toEqual(['vae/'])
  expect(performance.now() - startedAtMs).toBeLessThan(2_000)
})
