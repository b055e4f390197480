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
  ['a component without any file', vae, [], ['vae/']],
  ['a component with one file that has no weights', vae, ['vae/config.json'], ['vae/*.safetensors']],
  [
    'a component with several files without weights',
    vae,
    ['vae/a.json', 'vae/b.json'],
    ['vae/*.safetensors'],
  ],
  ['nothing of a component with its weights alone', vae, ['vae/model.safetensors'], []],
  ['nothing of a component with weights and settings', vae, ['vae/config.json', 'vae/model.safetensors'], []],
  ['weights in a folder with a longer name', vae, ['vae_1_0/model.safetensors'], ['vae/']],
  ['no weights of a tokenizer', tokenizer, ['tokenizer/vocab.json'], []],
  ['a tokenizer without files', tokenizer, [], ['tokenizer/']],
  ['nothing of an omitted component', { safety_checker: [null, null] }, [], []],
  ['nothing of a version', { _class_name: 'FluxPipeline', _diffusers_version: '0.31.0' }, [], []],
  ['nothing if the index is a list', [vae], [], []],
  [
    'the parts that are not there',
    vae,
    ['vae/model-00001-of-00003.safetensors'],
    ['vae/model-00002-of-00003.safetensors', 'vae/model-00003-of-00003.safetensors'],
  ],
])('finds %s missing', async (_, index, names, expected) => {
  expect(await missingOf(index, names)).toEqual(expected)
})
