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
import { detectGgufKind } from '../../../electron/recognition/kinds/gguf-kind.ts'
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

test('needs another text encoder for Step1X-Edit than for Flux.1', async () => {
  const step1x = { ...flux, 'connector.S.input_embedder.weight': half(4096, 3584) }
  expect(needsOf(await recognised(step1x))).toEqual(['Qwen2.5-7B-VL text-encoder'])
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
  const patch = (name: string) =>
    readFamilyCases()
      .find((one) => one.name === name)
      ?.tensors() ?? {}
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

test('needs nothing if only a folder or a name shows what a file is, or its family is unknown', async () => {
  expect(needsOf(await recognised({ weight: half(64, 64) }, 'flux-lora.safetensors', 'loras'))).toEqual([])
  expect(needsOf(await recognised({ weight: half(64, 64) }))).toEqual([])
  expect(needsOf(await recognised(tensorsOf(families['T5-XXL'])))).toEqual([])
  const shown = await recognised(flux)
  expect(needsOf({ ...shown, reason: { key: 'reason.folder', params: {} } })).toEqual([])
  expect(needsOf({ ...shown, base: 'Unheard' })).toEqual([])
  expect(needsOf({ ...shown, modelType: 'loras', base: null })).toEqual([])
  // An older version didn't record what a checkpoint contains.
  expect(needsOf({ ...shown, modelType: 'checkpoints' })).toEqual([])
  const group = { key: 'g', name: 'flux', kind: 'diffusers' } as const
  expect(needsOf({ ...shown, modelType: 'diffusers', group })).toEqual([])
  expect(needsOf({ ...shown, group: { ...group, kind: 'external' } })).toEqual([])
  expect(needsOf({ ...shown, group: { ...group, kind: 'shards' } })).toEqual(needsOf(shown))
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

test('accepts the VAE of Qwen-Image Layered for no other model', async () => {
  const layered: FixtureTensors = {
    'encoder.conv1.weight': half(96, 4, 3, 3, 3),
    'decoder.middle.0.residual.0.gamma': half(384, 1, 1, 1),
  }
  const plain = { ...layered, 'encoder.conv1.weight': half(96, 3, 3, 3, 3) }
  const [name, plainName] = ['qwen_image_layered_vae.safetensors', 'qwen_image_vae.safetensors']
  const [vae, plainVae] = [await recognised(layered, name), await recognised(plain, plainName)]
  expect([vae.base, vae.variant]).toEqual(['Qwen-Image', 'Layered'])
  for (const part of [parts.vaeQwenImage, parts.vaeWan]) {
    expect([isCompanion(vae, name, part), mayBeCompanion(vae, part)]).toEqual([false, false])
    expect(isCompanion(plainVae, plainName, part)).toBe(true)
  }
})

// The review counts a companion once by its identity.
test('names the same companion for all models of a family', async () => {
  const lora = { ...(await recognised(flux)), modelType: 'loras' }
  const [one, other] = [companionsOf(lora).needs[0], companionsOf({ ...lora, variant: 'control' }).needs[0]]
  expect(one?.role).toBe('base-model')
  expect(other).toBe(one)
})

test('accepts no file of another type as companion', async () => {
  const lora = { ...(await recognised(tensorsOf(families['T5-XXL']))), modelType: 'loras' }
  expect(isCompanion(lora, 't5xxl.safetensors', parts.t5xxl)).toBe(false)
})

test('accepts a Qwen3 of unknown size as possible companion, but none with images', async () => {
  const shown = { ...(await recognised(flux)), modelType: 'text_encoders' }
  const possible = ['Qwen3', 'Qwen3-VL'].map((base) =>
    [parts.qwen3of4B, parts.qwen3vlOf4B].map((part) => mayBeCompanion({ ...shown, base }, part)),
  )
  expect(possible).toEqual([
    [true, false],
    [false, true],
  ])
})

test('accepts no image encoder of a multimodal language model as possible CLIP-L', async () => {
  const metadata = new Map([['general.architecture', 'clip']])
  const kind = detectGgufKind({ tensors: new Map(), metadata })
  expect(kind?.modelType).toBe('text_encoders')
  const projector = { ...(await recognised(flux)), modelType: 'text_encoders', base: kind?.base ?? null }
  expect(mayBeCompanion(projector, parts.clipL)).toBe(false)
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
