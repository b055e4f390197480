import { expect, test } from 'vitest'
import { folderEvidence } from '../../../electron/recognition/kinds/folder-evidence.ts'
import type { Kind } from '../../../electron/recognition/kinds/kind.ts'
import { modelTypeByName } from '../../../electron/recognition/kinds/name-evidence.ts'
import { recognise } from '../../../electron/recognition/recognise.ts'
import type { Evidence } from '../../../electron/recognition/recognise.ts'
import { diffusersTarget, suggestTarget } from '../../../electron/recognition/suggest-target.ts'

const typeOf = (path: string) => folderEvidence(path.split('/'))?.modelType ?? null

test.each([
  ['models/loras', 'loras'],
  ['models/unet', 'diffusion_models'],
  ['models/clip', 'text_encoders'],
  ['models/text_encoders/t5', 'text_encoders'],
  ['models/Stable-diffusion', 'checkpoints'],
  ['models/Lora/people', 'loras'],
  ['models/LyCORIS', 'loras'],
  ['models/RealESRGAN', 'upscale_models'],
  ['models/t2i_adapter', 'controlnet'],
  ['Data/Models/StableDiffusion', 'checkpoints'],
  ['models/ultralytics/bbox', 'ultralytics'],
  ['models/onnx', 'onnx'],
  ['models/loras/vae', 'loras'],
  ['loras/vae', 'vae'],
  ['somewhere/onnx', null],
  ['home/me/Downloads', null],
  ['home/constructor', null],
  ['', null],
])('the folder %s implies %s', (path, modelType) => {
  expect(typeOf(path)).toBe(modelType)
})

test.each([
  ['4x-UltraSharp.pth', 'upscale_models'],
  ['RealESRGAN_x4plus.pth', 'upscale_models'],
  ['sdxl_vae.pt', 'vae'],
  ['ae.safetensors', 'vae'],
  ['clip_vision_g.bin', 'clip_vision'],
  ['clip_l.bin', 'text_encoders'],
  ['my-lora-v2.pt', 'loras'],
  ['control_v11p_sd15_canny.pth', 'controlnet'],
  ['ip-adapter-plus.bin', 'ipadapter'],
  ['model.ckpt', 'checkpoints'],
  ['face_yolov8m.pt', 'ultralytics'],
  ['sam2.1_hiera_small.pt', 'sam2'],
  ['sam_vit_h_4b8939.pth', 'sams'],
  ['inswapper_128.onnx', 'insightface'],
  ['codeformer-v0.1.0.pth', 'facerestore_models'],
  ['mm_sd_v15_v2.ckpt', 'animatediff_models'],
  ['photomaker-v1.bin', 'photomaker'],
  ['fooocus_inpaint_head.pth', 'inpaint'],
  ['yolox_l.onnx', null],
  ['sample2.pt', null],
  ['explorations.pt', null],
  ['floral.bin', null],
  ['elevated.pt', null],
])('the name %s suggests %s', (name, modelType) => {
  expect(modelTypeByName(name)?.modelType ?? null).toBe(modelType)
})

const lora: Kind = { modelType: 'loras', base: 'SDXL', evidence: 'lora_unet.lora_down.weight' }
function recogniseWith(change: Partial<Evidence>) {
  const evidence: Evidence = {
    name: 'file.safetensors',
    format: 'safetensors',
    header: null,
    kind: null,
    folder: null,
    ...change,
  }
  const { modelType, base, reason } = recognise(evidence)
  return { modelType, base, key: reason.key }
}

test('the header takes precedence, and the reason mentions the folder', () => {
  const inFolder = (path: string) => recogniseWith({ kind: lora, folder: folderEvidence(path.split('/')) })
  const expected = { modelType: 'loras', base: 'SDXL' }
  expect(inFolder('models/loras')).toEqual({ ...expected, key: 'reason.header-and-folder' })
  expect(inFolder('models/checkpoints')).toEqual({ ...expected, key: 'reason.header-over-folder' })
  expect(inFolder('Downloads')).toEqual({ ...expected, key: 'reason.header' })
})

test('a folder more specific than the tensors takes precedence', () => {
  const control: Kind = { modelType: 'controlnet', base: null, evidence: 'control_blocks.0' }
  expect(recogniseWith({ kind: control, folder: folderEvidence(['models', 'model_patches']) })).toEqual({
    modelType: 'model_patches',
    base: null,
    key: 'reason.header-and-finer-folder',
  })
})

/** Types by tensors, and folders of programs that read such files from there. */
test.each([
  ['sams', 'sam2'],
  ['sams', 'sam3'],
  ['text_encoders', 'LLavacheckpoints'],
  ['text_encoders', 'Janus-Pro'],
  ['text_encoders', 'prompt_generator'],
  ['text_encoders', 'inpaint'],
  ['diffusion_models', 'ic_light'],
  ['diffusion_models', 'CogVideoX_Fun'],
  ['diffusion_models', 'dynamicrafter_models'],
  ['checkpoints', 'dynamicrafter_models'],
  ['facerestore_models', 'face_restore'],
])('keeps a file of the type %s in the folder %s', (modelType, folder) => {
  const kind: Kind = { modelType, base: 'SAM 2', evidence: 'a.weight' }
  expect(recogniseWith({ kind, folder: folderEvidence(['models', folder]) })).toMatchObject({
    modelType: folder,
    key: 'reason.header-and-finer-folder',
  })
})

test('a diffusion model of unknown family has the type of its folder, unless that is checkpoints', () => {
  const kind: Kind = {
    modelType: 'diffusion_models',
    base: null,
    evidence: 'model.diffusion_model.new.weight',
  }
  const inFolder = (name: string, of = kind) => {
    const { modelType, key } = recogniseWith({ kind: of, folder: folderEvidence(['models', name]) })
    return [modelType, key]
  }
  expect(inFolder('text_encoders')).toEqual(['text_encoders', 'reason.folder'])
  expect(inFolder('checkpoints')).toEqual(['diffusion_models', 'reason.header-over-folder'])
  expect(inFolder('diffusion_models')).toEqual(['diffusion_models', 'reason.header-and-folder'])
  expect(inFolder('vae', { ...kind, base: 'Wan' })).toEqual(['diffusion_models', 'reason.header-over-folder'])
})

test('a checkpoint of unknown family has the type of its folder, unless that is diffusion_models', () => {
  const kind: Kind = {
    modelType: 'checkpoints',
    base: null,
    evidence: 'model.diffusion_model.input_blocks.0.0.weight',
  }
  const inFolder = (name: string, of = kind) => {
    const { modelType, key } = recogniseWith({ kind: of, folder: folderEvidence(['models', name]) })
    return [modelType, key]
  }
  expect(inFolder('LDSR')).toEqual(['upscale_models', 'reason.folder'])
  expect(inFolder('diffusion_models')).toEqual(['checkpoints', 'reason.header-over-folder'])
  expect(inFolder('checkpoints')).toEqual(['checkpoints', 'reason.header-and-folder'])
  expect(inFolder('LDSR', { ...kind, base: 'SD1' })).toEqual(['checkpoints', 'reason.header-over-folder'])
})

test('without a header, the folder takes precedence over the name', () => {
  const vae = folderEvidence(['vae'])
  expect(recogniseWith({ folder: vae, name: 'lora.safetensors' })).toMatchObject({
    modelType: 'vae',
    key: 'reason.folder',
  })
  expect(recogniseWith({ name: 'lora.safetensors' })).toMatchObject({
    modelType: 'loras',
    key: 'reason.name',
  })
  expect(recogniseWith({})).toEqual({ modelType: null, base: null, key: 'reason.unknown' })
})

interface Suggested {
  readonly name: string
  readonly path?: string
  readonly folder?: string
  readonly modelType?: string | null
  readonly title?: string | null
}
const suggest = ({ name, path = '', folder = '', modelType = 'loras', title = null }: Suggested) =>
  suggestTarget({ name, folder, modelType, title, evidence: folderEvidence(path.split('/')) })

test('the library path keeps the folders below the type’s folder', () => {
  expect(suggest({ name: 'a_b.safetensors', path: 'home/models/loras/SDXL/people' })).toEqual({
    displayName: 'a b',
    modelType: 'loras',
    modelPath: 'models/loras/SDXL/people/a_b.safetensors',
  })
})

test('the library path follows the recognised type, not the file’s folder', () => {
  const target = suggest({
    name: 'flux.safetensors',
    path: 'models/checkpoints/flux',
    modelType: 'diffusion_models',
  })
  expect(target.modelPath).toBe('models/diffusion_models/flux/flux.safetensors')
})

test('without a typed folder, the path keeps subfolders of the dropped folder', () => {
  expect(suggest({ name: 'x.safetensors', folder: 'My stuff/anime' }).modelPath).toBe(
    'models/loras/anime/x.safetensors',
  )
  expect(suggest({ name: 'x.safetensors', folder: 'My stuff' }).modelPath).toBe('models/loras/x.safetensors')
})

test('the header’s title is the display name, unless it is the base model’s', () => {
  expect(suggest({ name: 'p.safetensors', title: ' The  Painter\n' }).displayName).toBe('The Painter')
  expect(suggest({ name: 'jugger_v9.safetensors', title: 'Stable Diffusion XL 1.0 Base' }).displayName).toBe(
    'jugger v9',
  )
  expect(
    suggest({ name: 'sd_xl_base_1.0.safetensors', title: 'Stable Diffusion XL 1.0 Base' }).displayName,
  ).toBe('Stable Diffusion XL 1.0 Base')
})

test('the part of a diffusers model keeps its place in the model', () => {
  const group = { key: 'k', name: 'flux dev', kind: 'diffusers', root: '/flux', within: ['vae'] } as const
  expect(diffusersTarget(group, 'config.json')).toEqual({
    displayName: 'flux dev: vae/config.json',
    modelType: 'diffusers',
    modelPath: 'models/diffusers/flux dev/vae/config.json',
  })
})

test.each([
  ['sd_xl_base_1.0.safetensors', 'sd xl base 1.0'],
  ['model v1.5', 'model v1.5'],
  ['画风_v2.safetensors', '画风 v2'],
  ['big.safetensors.crdownload', 'big'],
  ['_.safetensors', '_.safetensors'],
  [`${'a'.repeat(255)}.pt`, 'a'.repeat(255)],
  [`${'a'.repeat(256)}.pt`, 'a'.repeat(255)],
  [`${'😀'.repeat(256)}.pt`, '😀'.repeat(255)],
  ['big.safetensors.part.tmp', 'big'],
  ['a.b12345678901', 'a'],
  ['a.b123456789012', 'a.b123456789012'],
  ['', 'model'],
])('the name %s is displayed as %s', (name, displayName) => {
  expect(suggest({ name }).displayName).toBe(displayName)
})
