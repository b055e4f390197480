import { expect, test } from 'vitest'
import { expectedModel } from '../../../../electron/discovery/workflows/workflow-loaders.ts'

test.each([
  ['CheckpointLoaderSimple', 'ckpt_name', 'checkpoints'],
  ['UNETLoader', 'unet_name', 'diffusion_models'],
  ['TripleCLIPLoader', 'clip_name3', 'text_encoders'],
  ['CLIPVisionLoader', 'clip_name', 'clip_vision'],
  ['IPAdapterModelLoader', 'ipadapter_file', 'ipadapter'],
  ['StyleModelLoader', 'style_model_name', 'style_models'],
  ['HypernetworkLoader', 'hypernetwork_name', 'hypernetworks'],
  ['Efficient Loader', 'vae_name', 'vae'],
  ['Efficient Loader', 'ckpt_name', 'checkpoints'],
  ['Efficient Loader', 'lora_name', 'loras'],
  ['LTXAVTextEncoderLoader', 'ckpt_name', 'checkpoints'],
  ['NunchakuPuLIDLoaderV2', 'eva_clip_file', 'text_encoders'],
  ['ReActorFaceSwap', 'face_restore_model', 'facerestore_models'],
  ['SUPIR_model_loader_v2', 'supir_model', 'checkpoints'],
  ['UltralyticsDetectorProvider', 'model_name', 'ultralytics'],
  ['UnetLoaderGGUFDisTorch2MultiGPU', 'unet_name', 'diffusion_models'],
  ['WanVideoModelLoaderMultiGPU', 'model', 'diffusion_models'],
  ['LoadWanVideoClipTextEncoder', 'model_name', 'clip_vision'],
  ['SomebodysControlNetThing', null, 'controlnet'],
  ['Efficient Loader', 'constructor', null],
  ['RIFE VFI', 'ckpt_name', null],
  ['Mystery', 'model', null],
])('finds the type of %s.%s: %s', (className, widget, modelType) => {
  expect(expectedModel(className, widget).modelType).toBe(modelType)
})

test('finds the widget by its position if the workflow has no names', () => {
  const typeAt = (index: number) => expectedModel('Efficient Loader', null, { index }).modelType
  expect([0, 1, 2, 3, 4].map(typeAt)).toEqual(['checkpoints', 'vae', null, 'loras', null])
})

test('separates the type’s folder from folders inside it', () => {
  expect(expectedModel('FluxLoraLoader', 'lora_name')).toEqual({
    modelType: 'xlabs',
    subfolder: 'loras',
    source: 'loader',
  })
})

test.each([
  ['VAELoader', 'taehv.safetensors', 'vae_approx'],
  ['VAELoader', 'taehv-notes.safetensors', 'vae'],
  ['VAELoader', 'wan_2.1_vae.safetensors', 'vae'],
  ['ReActorFaceSwap', 'inswapper_128.onnx', 'insightface'],
  ['ReActorFaceSwap', 'hyperswap_1a_256.onnx', 'hyperswap'],
])('%s reads %s from %s', (className, fileName, modelType) => {
  const widget = className === 'VAELoader' ? 'vae_name' : 'swap_model'
  expect(expectedModel(className, widget, { fileName }).modelType).toBe(modelType)
})
