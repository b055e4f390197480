import { expect, test } from 'vitest'
import {
  basesByArchitecture,
  basesByClassName,
} from '../../../../electron/recognition/families/known-names.ts'

// What trainers write into `modelspec.architecture` and `ss_base_model_version`: kohya-ss/sd-scripts
// library/sai_model_spec.py and kohya-ss/musubi-tuner src/musubi_tuner/utils/sai_model_spec.py.
test.each([
  ['stable-diffusion-v1/lora', ['SD1']],
  ['sd_v1', ['SD1']],
  ['stable-diffusion-v2-768-v', ['SD2']],
  ['sd_v2_v', ['SD2']],
  ['stable-diffusion-xl-v1-base/textual-inversion', ['SDXL']],
  ['sdxl_base_v1-0', ['SDXL']],
  ['stable-diffusion-xl-v1-refiner', ['SDXL refiner']],
  ['stable-diffusion-3-medium', ['SD3']],
  ['stable-diffusion-3.5-large/lora', ['SD3.5']],
  ['flux-1-dev/lora', ['Flux.1']],
  ['Flux.1-dev', ['Flux.1']],
  ['flux1', ['Flux.1']],
  ['Flux.2-dev', ['Flux.2']],
  ['flux_2_klein_4b', ['Flux.2']],
  ['Flux.2-klein-9b', ['Flux.2']],
  ['chroma', ['Chroma']],
  ['lumina-2', ['Lumina 2']],
  ['hunyuan-video', ['Hunyuan Video']],
  ['hunyuan_video_1_5', ['Hunyuan Video 1.5']],
  ['hunyuan-image-2.1', ['Hunyuan Image']],
  ['framepack', ['FramePack']],
  ['wan2.1', ['Wan']],
  ['Qwen-Image-Edit-2511', ['Qwen-Image']],
  ['Z-Image', ['Z-Image']],
  ['Kandinsky-5', ['Kandinsky 5']],
  ['HiDream-O1-Image', ['HiDream-O1']],
  ['Ideogram-4', ['Ideogram 4']],
  ['Krea-2', ['Krea 2']],
  ['krea2', ['Krea 2']],
  ['anima-preview', ['Anima']],
  ['pixart-sigma', ['PixArt']],
  ['auraflow', ['AuraFlow']],
  ['animagine', []],
  ['something else', []],
])('names the family of the architecture %s', (architecture, bases) => {
  expect(basesByArchitecture(architecture).bases).toEqual(bases)
})

test.each([
  ['StableDiffusionXLInpaintPipeline', ['SDXL']],
  ['StableVideoDiffusionPipeline', ['SVD']],
  ['FluxKontextPipeline', ['Flux.1']],
  ['Flux2KleinPipeline', ['Flux.2']],
  ['AuraFlowTransformer2DModel', ['AuraFlow']],
  ['PixArtSigmaPipeline', ['PixArt']],
  ['HunyuanVideo15Pipeline', ['Hunyuan Video 1.5']],
  ['HunyuanVideoFramepackPipeline', ['FramePack']],
  ['HunyuanImagePipeline', ['Hunyuan Image']],
  ['LTX2Pipeline', ['LTX-Video']],
  ['Kandinsky5T2VPipeline', ['Kandinsky 5']],
  ['Cosmos2VideoToWorldPipeline', ['Cosmos-Predict2']],
  ['OmniGenPipeline', ['OmniGen']],
  ['OmniGen2Transformer2DModel', ['OmniGen2']],
  ['Step1XEditPipelineV1P2', ['Step1X-Edit']],
  ['DDPMPipeline', []],
])('names the family of the diffusers class %s', (className, bases) => {
  expect(basesByClassName(className)).toEqual(bases)
})

test('names both families of classes that they share, the original one first', () => {
  expect(basesByClassName('StableDiffusionInpaintPipeline')).toEqual(['SD1', 'SD2'])
  expect(basesByClassName('SD3Transformer2DModel')).toEqual(['SD3', 'SD3.5'])
})
