/**
 * Node classes whose inputs all expect models of one type. Class names are ComfyUI's (nodes.py, comfy_extras)
 * and those of widely used custom nodes.
 */
const typeByClass: Readonly<Record<string, string>> = {
  CheckpointLoader: 'checkpoints',
  CheckpointLoaderSimple: 'checkpoints',
  CheckpointLoaderNF4: 'checkpoints',
  ImageOnlyCheckpointLoader: 'checkpoints',
  unCLIPCheckpointLoader: 'checkpoints',
  LTXVAudioVAELoader: 'checkpoints',
  UNETLoader: 'diffusion_models',
  UnetLoaderGGUF: 'diffusion_models',
  UnetLoaderGGUFAdvanced: 'diffusion_models',
  UNETLoaderNF4: 'diffusion_models',
  NunchakuFluxDiTLoader: 'diffusion_models',
  WanVideoModelLoader: 'diffusion_models',
  HyVideoModelLoader: 'diffusion_models',
  VAELoader: 'vae',
  VAELoaderKJ: 'vae',
  WanVideoVAELoader: 'vae',
  HyVideoVAELoader: 'vae',
  CLIPLoader: 'text_encoders',
  DualCLIPLoader: 'text_encoders',
  TripleCLIPLoader: 'text_encoders',
  QuadrupleCLIPLoader: 'text_encoders',
  CLIPLoaderGGUF: 'text_encoders',
  DualCLIPLoaderGGUF: 'text_encoders',
  TripleCLIPLoaderGGUF: 'text_encoders',
  QuadrupleCLIPLoaderGGUF: 'text_encoders',
  LoadWanVideoT5TextEncoder: 'text_encoders',
  LoraLoader: 'loras',
  LoraLoaderModelOnly: 'loras',
  LoraLoaderBypass: 'loras',
  WanVideoLoraSelect: 'loras',
  'Power Lora Loader (rgthree)': 'loras',
  'Lora Loader Stack (rgthree)': 'loras',
  'LoRA Stacker': 'loras',
  'CR LoRA Stack': 'loras',
  ControlNetLoader: 'controlnet',
  ControlNetLoaderAdvanced: 'controlnet',
  DiffControlNetLoader: 'controlnet',
  DiffusersLoader: 'diffusers',
  UpscaleModelLoader: 'upscale_models',
  LatentUpscaleModelLoader: 'latent_upscale_models',
  CLIPVisionLoader: 'clip_vision',
  StyleModelLoader: 'style_models',
  HypernetworkLoader: 'hypernetworks',
  GLIGENLoader: 'gligen',
  PhotoMakerLoader: 'photomaker',
  IPAdapterModelLoader: 'ipadapter',
  IPAdapterFluxLoader: 'ipadapter-flux',
  InstantIDModelLoader: 'instantid',
  PulidModelLoader: 'pulid',
  PulidFluxModelLoader: 'pulid',
  ModelPatchLoader: 'model_patches',
  AudioEncoderLoader: 'audio_encoders',
  ADE_LoadAnimateDiffModel: 'animatediff_models',
  ADE_AnimateDiffLoaderGen1: 'animatediff_models',
  UltralyticsDetectorProvider: 'ultralytics',
  SAMLoader: 'sams',
  FrameInterpolationModelLoader: 'frame_interpolation',
}

/** Words in the name of an input or class that reveal the type; the most specific first. */
const typeByWord: readonly (readonly [word: RegExp, modelType: string])[] = [
  [/clip[-_ ]?vision/, 'clip_vision'],
  [/control[-_ ]?net|t2i[-_ ]?adapter/, 'controlnet'],
  [/ip[-_ ]?adapter/, 'ipadapter'],
  [/style[-_ ]?model/, 'style_models'],
  [/latent[-_ ]?upscale/, 'latent_upscale_models'],
  [/upscale/, 'upscale_models'],
  [/hyper[-_ ]?net/, 'hypernetworks'],
  [/lora|lycoris/, 'loras'],
  [/ckpt|checkpoint/, 'checkpoints'],
  [/unet|diffusion[-_ ]?model|(?<![a-z])dit(?![a-z])/, 'diffusion_models'],
  [/vae/, 'vae'],
  [/text[-_ ]?encoder|clip(?![a-z])|t5/, 'text_encoders'],
  [/(?<![a-z])sam(?![a-z])/, 'sams'],
  [/embedding/, 'embeddings'],
]

/**
 * The model type that a node's input expects; null if unknown. `input` is null if the workflow doesn't name
 * it.
 */
export function modelTypeOfInput(className: string, input: string | null): string | null {
  const known = Object.hasOwn(typeByClass, className) ? typeByClass[className] : undefined
  return known ?? (input === null ? null : typeByWordIn(input)) ?? typeByWordIn(className)
}

function typeByWordIn(text: string): string | null {
  const lower = text.replace(/([a-z])([A-Z])/g, '$1_$2').toLowerCase()
  return typeByWord.find(([word]) => word.test(lower))?.[1] ?? null
}

/** Whether an input takes a folder: ComfyUI's DiffusersLoader lists those with a `model_index.json`. */
export function isFolderInput(className: string, input: string | null): boolean {
  return className === 'DiffusersLoader' && (input === null || input === 'model_path')
}

/** Nodes with notes for people, which mention file names without loading them. */
export function isNoteNode(className: string): boolean {
  return /note|label|markdown/i.test(className)
}
