import { expect, test } from 'vitest'
import { findMissingCompanions, type TeamFiles } from '../../../electron/conflicts/missing-companions.ts'
import type { LibraryModel } from '../../../electron/contract/library.ts'
import type { Recognition } from '../../../electron/contract/recognition.ts'

/** What recognition says about a file of which the header shows what it is. */
const recognised = (
  modelType: string,
  base: string | null,
  change: Partial<Recognition> = {},
): Recognition => ({
  format: 'safetensors',
  modelType,
  base,
  reason: { key: 'reason.header', params: {} },
  tensorCount: 1,
  dtype: 'F16',
  ...change,
})
const model = (modelType: string, variant = '') =>
  recognised('diffusion_models', modelType, variant ? { variant } : {})

let listedCount = 0
/** A model as the library lists it; `path` is below `models/`. */
function listed(path: string): LibraryModel {
  listedCount += 1
  const [modelType = ''] = path.split('/')
  return {
    id: `model-${listedCount}`,
    displayName: (path.split('/').at(-1) ?? '').replace(/\.\w+$/, ''),
    modelType,
    modelPath: `models/${path}`,
    sizeBytes: 1,
    sha256: null,
    status: 'active',
    createdAtMs: null,
    storageKey: null,
  }
}

const teamOf = (paths: readonly string[], change: Partial<TeamFiles> = {}): TeamFiles => ({
  models: paths.map(listed),
  records: [],
  recognitions: new Map(),
  ...change,
})

/** Usual names of what is missing, with `?` where it only wasn't found under a known name. */
function missing(recognition: Recognition, team: TeamFiles): readonly string[] {
  const found = findMissingCompanions([{ id: 'file', recognition }], team).get('file') ?? []
  return found.map(
    ({ companion, isCertain }) => (companion.usualName ?? companion.base) + (isCertain ? '' : '?'),
  )
}

/** Names of ComfyUI's workflow templates, examples and of usual downloads: what a working team has. */
const complete: readonly (readonly [file: Recognition, team: readonly string[]])[] = [
  [
    model('Flux.1', 'dev'),
    ['text_encoders/clip_l.safetensors', 'text_encoders/t5xxl_fp16.safetensors', 'vae/ae.safetensors'],
  ],
  [
    model('Flux.1', 'schnell'),
    ['clip/clip_l.safetensors', 'clip/t5xxl_fp8_e4m3fn_scaled.safetensors', 'vae/flux/ae.sft'],
  ],
  [
    model('Flux.1', 'dev'),
    [
      'clip/ViT-L-14-TEXT-detail-improved-hiT-GmP-TE-only-HF.safetensors',
      'clip/t5-v1_1-xxl-encoder-Q8_0.gguf',
      'vae/FLUX1-ae.safetensors',
    ],
  ],
  [
    model('Flux.1', 'dev'),
    [
      'text_encoders/t5/google_t5-v1_1-xxl_encoderonly-fp8_e4m3fn.safetensors',
      'text_encoders/clip-vit-large-patch14.safetensors',
      'vae/flux_vae.safetensors',
    ],
  ],
  [model('Flux.1', 'dev'), ['checkpoints/flux1-dev-fp8.safetensors']],
  [
    model('Flux.2', 'dev'),
    ['text_encoders/mistral_3_small_flux2_fp8.safetensors', 'vae/flux2-vae.safetensors'],
  ],
  [model('Flux.2', 'dev'), ['text_encoders/mistral_3_small_flux2_bf16.safetensors', 'vae/ae.safetensors']],
  [model('Flux.2', 'Klein 4B'), ['text_encoders/qwen_3_4b.safetensors', 'vae/flux2-vae.safetensors']],
  [
    model('Flux.2', 'Klein 9B'),
    ['text_encoders/qwen_3_8b_fp8mixed.safetensors', 'vae/flux2-vae.safetensors'],
  ],
  [model('Chroma'), ['text_encoders/t5xxl_fp16.safetensors', 'vae/ae.safetensors']],
  [model('Chroma Radiance'), ['text_encoders/t5xxl_fp16.safetensors']],
  [
    model('SD3.5', 'Large'),
    [
      'text_encoders/clip_l.safetensors',
      'text_encoders/clip_g.safetensors',
      'text_encoders/t5xxl_fp8_e4m3fn.safetensors',
      'vae/sd3.5_vae.safetensors',
    ],
  ],
  [
    recognised('checkpoints', 'SD3.5', { contains: ['vae'] }),
    ['clip/clip_l.safetensors', 'clip/clip_g.safetensors', 'clip/t5xxl_fp16.safetensors'],
  ],
  [
    model('HiDream'),
    [
      'text_encoders/clip_l_hidream.safetensors',
      'text_encoders/clip_g_hidream.safetensors',
      'text_encoders/t5xxl_fp8_e4m3fn_scaled.safetensors',
      'text_encoders/llama_3.1_8b_instruct_fp8_scaled.safetensors',
      'vae/ae.safetensors',
    ],
  ],
  [model('Lumina 2'), ['text_encoders/gemma_2_2b_fp16.safetensors', 'vae/ae.safetensors']],
  [model('Lumina 2'), ['checkpoints/lumina_2.safetensors']],
  [model('Z-Image'), ['text_encoders/qwen_3_4b.safetensors', 'vae/ae.safetensors']],
  [model('Z-Image'), ['text_encoders/Qwen3-4B-UD-Q5_K_XL.gguf', 'vae/ae.safetensors']],
  [model('OmniGen2'), ['text_encoders/qwen_2.5_vl_fp16.safetensors', 'vae/ae.safetensors']],
  [
    model('Qwen-Image'),
    ['text_encoders/qwen_2.5_vl_7b_fp8_scaled.safetensors', 'vae/qwen_image_vae.safetensors'],
  ],
  [
    model('Qwen-Image', 'Edit 2511'),
    ['clip/Qwen2.5-VL-7B-Instruct-Q4_K_M.gguf', 'vae/pig_qwen_image_vae_fp32-f16.gguf'],
  ],
  [model('Anima'), ['text_encoders/qwen_3_06b_base.safetensors', 'vae/qwen_image_vae.safetensors']],
  [
    model('Wan', '2.1 14B T2V'),
    ['text_encoders/umt5_xxl_fp8_e4m3fn_scaled.safetensors', 'vae/wan_2.1_vae.safetensors'],
  ],
  [
    model('Wan', '2.1 14B I2V'),
    [
      'text_encoders/umt5_xxl_fp16.safetensors',
      'vae/wan_2.1_vae.safetensors',
      'clip_vision/clip_vision_h.safetensors',
    ],
  ],
  [
    model('Wan', '2.2 14B I2V'),
    ['text_encoders/umt5-xxl-enc-bf16.safetensors', 'vae/Wan2_1_VAE_bf16.safetensors'],
  ],
  [
    model('Wan', '2.2 5B TI2V'),
    ['text_encoders/umt5_xxl_fp8_e4m3fn_scaled.safetensors', 'vae/wan2.2_vae.safetensors'],
  ],
  [
    model('Hunyuan Video'),
    [
      'text_encoders/clip_l.safetensors',
      'text_encoders/llava_llama3_fp8_scaled.safetensors',
      'vae/hunyuan_video_vae_bf16.safetensors',
    ],
  ],
  [
    model('Hunyuan Video', 'I2V'),
    [
      'text_encoders/clip_l.safetensors',
      'text_encoders/llava_llama3_fp8_scaled.safetensors',
      'vae/hunyuan_video_vae_bf16.safetensors',
      'clip_vision/llava_llama3_vision.safetensors',
    ],
  ],
  [
    model('FramePack'),
    [
      'text_encoders/clip_l.safetensors',
      'text_encoders/llava_llama3_fp16.safetensors',
      'vae/hunyuan_video_vae_bf16.safetensors',
      'clip_vision/sigclip_vision_patch14_384.safetensors',
    ],
  ],
  [
    model('Hunyuan Video 1.5'),
    [
      'text_encoders/qwen_2.5_vl_7b_fp8_scaled.safetensors',
      'text_encoders/byt5_small_glyphxl_fp16.safetensors',
      'vae/hunyuanvideo15_vae_fp16.safetensors',
    ],
  ],
  [
    model('Hunyuan Image'),
    [
      'text_encoders/qwen_2.5_vl_7b.safetensors',
      'text_encoders/byt5_small_glyphxl_fp16.safetensors',
      'vae/hunyuan_image_2.1_vae_fp16.safetensors',
    ],
  ],
  [
    recognised('checkpoints', 'LTX-Video', { contains: ['vae'] }),
    ['checkpoints/ltx-video-2b-v0.9.5.safetensors', 'text_encoders/t5xxl_fp16.safetensors'],
  ],
  [
    recognised('checkpoints', 'LTX-Video', { contains: ['vae'], variant: 'with sound' }),
    ['text_encoders/gemma_3_12B_it_fp4_mixed.safetensors'],
  ],
  [model('Mochi'), ['text_encoders/t5xxl_fp16.safetensors', 'vae/mochi_vae.safetensors']],
  [model('CogVideoX'), ['clip/t5xxl_fp16.safetensors', 'vae/cogvideox_vae_bf16.safetensors']],
  [
    model('Cosmos'),
    ['text_encoders/oldt5_xxl_fp8_e4m3fn_scaled.safetensors', 'vae/cosmos_cv8x8x8_1.0.safetensors'],
  ],
  [
    model('Cosmos-Predict2'),
    ['text_encoders/oldt5_xxl_fp8_e4m3fn_scaled.safetensors', 'vae/wan_2.1_vae.safetensors'],
  ],
  [
    model('Kandinsky 5', 'Lite'),
    [
      'text_encoders/qwen_2.5_vl_7b_fp8_scaled.safetensors',
      'text_encoders/clip_l.safetensors',
      'vae/hunyuan_video_vae_bf16.safetensors',
    ],
  ],
  [
    model('Kandinsky 5', 'Lite image'),
    [
      'text_encoders/qwen_2.5_vl_7b_fp8_scaled.safetensors',
      'text_encoders/clip_l.safetensors',
      'vae/ae.safetensors',
    ],
  ],
  [model('SDXL'), ['checkpoints/juggernautXL_v9.safetensors']],
  [model('SDXL'), ['checkpoints/sd_xl_base_1.0.safetensors', 'vae/sdxl_vae.safetensors']],
  [model('SD1'), ['checkpoints/dreamshaper_8.safetensors']],
  [
    recognised('loras', 'SDXL'),
    ['checkpoints/juggernautXL_v9.safetensors', 'checkpoints/flux1-dev-fp8.safetensors'],
  ],
  [recognised('loras', 'SDXL'), ['checkpoints/ponyDiffusionV6XL.safetensors']],
  [recognised('loras', 'SD1'), ['checkpoints/v1-5-pruned-emaonly.safetensors']],
  [recognised('loras', 'SD1'), ['checkpoints/wanderlust_v2.safetensors']],
  [recognised('loras', 'Flux.1 / Chroma'), ['diffusion_models/chroma-unlocked-v29.safetensors']],
  [recognised('loras', 'Flux.1'), ['unet/flux1-dev-Q8_0.gguf']],
  [recognised('loras', 'Wan'), ['diffusion_models/wan2.2_t2v_high_noise_14B_fp8_scaled.safetensors']],
  [recognised('loras', 'Qwen-Image'), ['diffusion_models/qwen_image_fp8_e4m3fn.safetensors']],
  [recognised('loras', 'Z-Image'), ['diffusion_models/z_image_turbo_bf16.safetensors']],
  [recognised('controlnet', 'SDXL'), ['diffusers/some-model/unet/diffusion_pytorch_model.safetensors']],
  [
    recognised('style_models', 'Flux.1'),
    ['unet/flux1-dev.sft', 'clip_vision/sigclip_vision_patch14_384.safetensors'],
  ],
]

test('finds companions by the usual names of ComfyUI templates, examples and downloads', () => {
  const alarms = complete.flatMap(([file, paths]) => {
    const found = missing(file, teamOf(paths))
    return found.length === 0
      ? []
      : [`${file.base} ${file.variant ?? ''} with ${paths.join(', ')}: ${found.join(', ')}`]
  })
  expect(alarms).toEqual([])
})

test('finds everything missing in an empty library, also of a team that has another family only', () => {
  const withOthers = teamOf([
    'text_encoders/umt5_xxl_fp16.safetensors',
    'vae/wan_2.1_vae.safetensors',
    'loras/mine.safetensors',
  ])
  for (const team of [teamOf([]), withOthers]) {
    expect(missing(model('Flux.1', 'dev'), team)).toEqual([
      'clip_l.safetensors',
      't5xxl_fp16.safetensors',
      'ae.safetensors',
    ])
    expect(missing(recognised('loras', 'SDXL'), team)).toEqual(['SDXL'])
  }
})

const flux = model('Flux.1', 'dev')
const encoder = (base: string | null) => recognised('text_encoders', base)

test('says only that nothing was found under a known name if a model of another name may be it', () => {
  const others = ['text_encoders/mine.safetensors', 'vae/wan_2.1_vae.safetensors']
  expect(missing(flux, teamOf(others))).toEqual([
    'clip_l.safetensors?',
    't5xxl_fp16.safetensors?',
    'ae.safetensors',
  ])
  // The team's own types can hold anything, and a checkpoint may contain everything.
  expect(missing(model('Chroma'), teamOf(['stuff/mine.safetensors']))).toEqual([
    't5xxl_fp16.safetensors?',
    'ae.safetensors?',
  ])
  expect(missing(model('Chroma'), teamOf(['checkpoints/mine.safetensors']))).toEqual([
    't5xxl_fp16.safetensors?',
    'ae.safetensors?',
  ])
})

test('says nothing about a base model if one of the team’s models may be it', () => {
  const lora = recognised('loras', 'SDXL')
  expect(missing(lora, teamOf(['checkpoints/mine.safetensors']))).toEqual([])
  expect(missing(lora, teamOf(['stuff/mine.safetensors']))).toEqual([])
  expect(missing(lora, teamOf(['checkpoints/flux1-dev.safetensors', 'vae/mine.safetensors']))).toEqual([
    'SDXL',
  ])
})

test('counts what is in the queue, in review or in the same drop', () => {
  const records = [
    { fileName: 'a.safetensors', recognition: encoder('CLIP-L') },
    // GGUF files show less.
    { fileName: 'b.gguf', recognition: encoder('T5') },
    { fileName: 'c.safetensors', recognition: recognised('vae', 'Flux.1 / SD3') },
  ]
  expect(missing(flux, teamOf([], { records }))).toEqual([])
  const unrecognised = { fileName: 't5xxl_fp16.bin', recognition: encoder(null) }
  expect(missing(model('Chroma Radiance'), teamOf([], { records: [unrecognised] }))).toEqual([])
  const whole = recognised('checkpoints', 'Flux.1', { contains: ['text-encoders', 'vae'] })
  expect(missing(flux, teamOf([], { records: [{ fileName: 'x.safetensors', recognition: whole }] }))).toEqual(
    [],
  )
})

test('counts a base model although the team has a patch for it in the same folder', () => {
  const lora = recognised('loras', 'Wan')
  const records = [model('Wan', '14B T2V'), model('Wan', 'MultiTalk')].map((recognition) => ({
    fileName: 'x.safetensors',
    recognition,
  }))
  expect(missing(lora, teamOf([], { records }))).toEqual([])
  expect(missing(lora, teamOf([], { records: records.slice(1) }))).toEqual(['Wan'])
})

test('goes by what a model was recognised as when it was uploaded, whatever its name', () => {
  const team = teamOf([
    'text_encoders/mine.safetensors',
    'text_encoders/other.safetensors',
    'vae/x.safetensors',
  ])
  const [mine, other, x] = team.models
  const recognitions = new Map([
    [mine?.id ?? '', encoder('T5-XXL')],
    [other?.id ?? '', encoder('UMT5-XXL')],
    [x?.id ?? '', recognised('vae', 'Flux.1')],
  ])
  expect(missing(flux, { ...team, recognitions })).toEqual(['clip_l.safetensors'])
})

test('takes checkpoints without encoders for what they are', () => {
  const sd35 = recognised('checkpoints', 'SD3.5', { contains: ['vae'] })
  expect(missing(sd35, teamOf(['checkpoints/sd3.5_large_turbo.safetensors']))).toEqual([
    'clip_l.safetensors?',
    'clip_g.safetensors?',
    't5xxl_fp16.safetensors?',
  ])
})
