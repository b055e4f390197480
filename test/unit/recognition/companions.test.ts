import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { Recognition } from '../../../electron/contract/recognition.ts'
import {
  companionsOf,
  familyNeeds,
  isCompanion,
  mayBeCompanion,
} from '../../../electron/recognition/companions/companion-needs.ts'
import {
  allParts,
  parts,
  toNameText,
  type Companion,
} from '../../../electron/recognition/companions/companion-parts.ts'
import { baseModels } from '../../../electron/recognition/families/base-models.ts'
import {
  languageModels,
  textEncoders,
  visionEncoders,
} from '../../../electron/recognition/families/encoders.ts'
import { vaes } from '../../../electron/recognition/families/vaes.ts'
import { inspectFile } from '../../../electron/recognition/inspect-file.ts'
import { families } from '../../fixtures/families.ts'
import { readFamilyCases } from '../../fixtures/family-cases.ts'
import { flux, half, withPrefix, type Family } from '../../fixtures/family.ts'
import { writeSafetensors, type FixtureTensors } from '../../fixtures/model-files.ts'

/** What recognition says about a file with these tensors. */
async function recognised(
  tensors: FixtureTensors,
  name = 'file.safetensors',
  folder = '',
): Promise<Recognition> {
  const root = mkdtempSync(join(tmpdir(), 'modelferry-companions-'))
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
  const { path } = await writeSafetensors(join(root, folder, name), { tensors })
  return (await inspectFile(path)).recognition
}
const tensorsOf = (family: Family) => family.tensors
const needsOf = (recognition: Recognition) =>
  companionsOf(recognition).needs.map(({ role, base }) => `${base} ${role}`)

const vae: FixtureTensors = {
  'vae.decoder.conv_in.weight': half(512, 16, 3, 3),
  'vae.encoder.conv_in.weight': half(128, 3, 3, 3),
}
const encoders: FixtureTensors = {
  'text_encoders.t5xxl.transformer.shared.weight': half(32_128, 4096),
}

test('needs text encoders and VAE for a diffusion model alone', async () => {
  expect(needsOf(await recognised(flux))).toEqual([
    'CLIP-L text-encoder',
    'T5-XXL text-encoder',
    'Flux.1 vae',
  ])
  expect(needsOf(await recognised(tensorsOf(families['Wan 2.1 I2V'])))).toEqual([
    'UMT5-XXL text-encoder',
    'CLIP-ViT-H image-encoder',
    'Wan vae',
  ])
  expect(needsOf(await recognised(tensorsOf(families['Wan 2.2 5B'])))).toEqual([
    'UMT5-XXL text-encoder',
    'Wan 2.2 vae',
  ])
})

test('needs nothing that a checkpoint contains', async () => {
  const inside = withPrefix('model.diffusion_model.', flux)
  expect(needsOf(await recognised({ ...inside, ...vae, ...encoders }))).toEqual([])
  expect(needsOf(await recognised({ ...inside, ...vae }))).toEqual([
    'CLIP-L text-encoder',
    'T5-XXL text-encoder',
  ])
  expect(needsOf(await recognised(tensorsOf(families['SDXL checkpoint'])))).toEqual([])
})

test('needs the base model for LoRA, ControlNet and adapters', async () => {
  expect(needsOf(await recognised(tensorsOf(families['SDXL ControlNet of diffusers'])))).toEqual([
    'SDXL base-model',
  ])
  expect(needsOf(await recognised(tensorsOf(families['SDXL IP-Adapter'])))).toEqual(['SDXL base-model'])
  expect(needsOf(await recognised(tensorsOf(families['Flux.1 Redux'])))).toEqual([
    'Flux.1 base-model',
    'SigLIP image-encoder',
  ])
})

test('needs only the base model for a patch in the folder of base models', async () => {
  const cases = readFamilyCases()
  const patch = (name: string) => cases.find((one) => one.name === name)?.tensors() ?? {}
  const multitalk = await recognised(
    patch('Wan InfiniteTalk'),
    'infinitetalk.safetensors',
    'models/diffusion_models',
  )
  expect([multitalk.modelType, needsOf(multitalk)]).toEqual(['diffusion_models', ['Wan base-model']])
  const supir = await recognised(patch('SUPIR'), 'supir.safetensors', 'models/checkpoints')
  expect([supir.modelType, needsOf(supir)]).toEqual(['checkpoints', ['SDXL base-model']])
  for (const file of [multitalk, supir]) {
    const [base] = companionsOf(file).needs
    expect(base && mayBeCompanion(file, base)).toBe(false)
  }
})

test('accepts a file as companion by its header, and by its name where headers are the same', async () => {
  const t5 = await recognised(tensorsOf(families['T5-XXL']), 'renamed.safetensors')
  expect([isCompanion(t5, 'renamed.safetensors', parts.t5xxl), mayBeCompanion(t5, parts.umt5xxl)]).toEqual([
    true,
    false,
  ])
  const named = await recognised(tensorsOf(families['Flux.1 VAE']), 'ae.safetensors')
  expect(isCompanion(named, 'ae.safetensors', parts.vaeFlux1)).toBe(true)
  // SD3's VAE has the same header.
  const renamed = await recognised(tensorsOf(families['Flux.1 VAE']), 'renamed.safetensors')
  expect(isCompanion(renamed, 'renamed.safetensors', parts.vaeFlux1)).toBe(false)
  expect(mayBeCompanion(renamed, parts.vaeFlux1)).toBe(true)
  // A name alone is no evidence.
  const fake = await recognised({ weight: half(64, 64) }, 't5xxl_fp16.safetensors', 'text_encoders')
  expect(isCompanion(fake, 't5xxl_fp16.safetensors', parts.t5xxl)).toBe(false)
})

test('asks for a name only where files with other weights have the same header', async () => {
  const shown = await recognised(flux)
  const modelTypes = { 'text-encoder': 'text_encoders', vae: 'vae', 'image-encoder': 'clip_vision' } as const
  const needName = Object.entries<Companion>(parts).flatMap(([key, part]) => {
    if (part.role === 'base-model') return []
    const recognition = { ...shown, modelType: modelTypes[part.role], base: part.base }
    expect(isCompanion(recognition, part.usualName ?? '', part), key).toBe(true)
    return isCompanion(recognition, 'renamed.safetensors', part) ? [] : [key]
  })
  expect(needName).toEqual([
    ...['oldT5xxl', 'llava', 'llama31', 'gemmaOf12B'],
    ...['vaeSd', 'vaeSdxl', 'vaeSd3', 'vaeFlux1', 'vaeWan', 'vaeQwenImage'],
  ])
})

test('accepts no file of another type as companion', async () => {
  const lora = { ...(await recognised(tensorsOf(families['T5-XXL']))), modelType: 'loras' }
  expect(isCompanion(lora, 't5xxl.safetensors', parts.t5xxl)).toBe(false)
})

test('names families, encoders and VAEs as recognition does, and recognises its own usual names', () => {
  const known = new Set([
    ...baseModels.map(({ base }) => base),
    ...[...languageModels, ...textEncoders, ...visionEncoders, ...vaes].flatMap(({ base }) => base ?? []),
  ])
  const used = [...allParts, ...familyNeeds].flatMap(({ base }) => base.split(' / '))
  expect(used.filter((base) => !known.has(base))).toEqual([])
  const unnamed = allParts.filter(({ usualName, names }) => !names?.test(toNameText(usualName ?? '')))
  expect(unnamed).toEqual([])
})

test('reads no more than the header if nothing else is needed', async () => {
  const root = mkdtempSync(join(tmpdir(), 'modelferry-companions-'))
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
  const { path } = await writeSafetensors(join(root, 'a.safetensors'), { tensors: flux })
  const { identity, recognition } = await inspectFile(path, { folder: '', isHeaderOnly: true })
  expect([identity.sample, recognition.base]).toEqual([undefined, 'Flux.1'])
  expect((await inspectFile(path)).identity.sample).toEqual(expect.any(String))
})
