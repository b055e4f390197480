/** Folder names that imply a type anywhere, in lower case without `-`, `_` and spaces. */
const typeByFolder: Readonly<Record<string, string>> = {
  // ComfyUI, folder_paths.py; `unet` and `clip` are old names
  checkpoints: 'checkpoints',
  loras: 'loras',
  vae: 'vae',
  textencoders: 'text_encoders',
  clip: 'text_encoders',
  diffusionmodels: 'diffusion_models',
  unet: 'diffusion_models',
  clipvision: 'clip_vision',
  stylemodels: 'style_models',
  embeddings: 'embeddings',
  vaeapprox: 'vae_approx',
  controlnet: 'controlnet',
  t2iadapter: 'controlnet',
  gligen: 'gligen',
  upscalemodels: 'upscale_models',
  latentupscalemodels: 'latent_upscale_models',
  hypernetworks: 'hypernetworks',
  photomaker: 'photomaker',
  modelpatches: 'model_patches',
  audioencoders: 'audio_encoders',
  backgroundremoval: 'background_removal',
  frameinterpolation: 'frame_interpolation',
  geometryestimation: 'geometry_estimation',
  opticalflow: 'optical_flow',
  // well-known custom nodes
  ipadapter: 'ipadapter',
  ipadapterflux: 'ipadapter-flux',
  ultralytics: 'ultralytics',
  sams: 'sams',
  promptexpansion: 'prompt_expansion',
  insightface: 'insightface',
  animatediffmodels: 'animatediff_models',
  animatediffmotionlora: 'animatediff_motion_lora',
  instantid: 'instantid',
  pulid: 'pulid',
  llm: 'LLM',
  xlabs: 'xlabs',
  facerestoremodels: 'facerestore_models',
  // A1111 and its forks, and Stability Matrix
  stablediffusion: 'checkpoints',
  checkpoint: 'checkpoints',
  lora: 'loras',
  lycoris: 'loras',
  locon: 'loras',
  esrgan: 'upscale_models',
  realesrgan: 'upscale_models',
  bsrgan: 'upscale_models',
  swinir: 'upscale_models',
  upscalers: 'upscale_models',
  textualinversion: 'embeddings',
  hypernetwork: 'hypernetworks',
  approxvae: 'vae_approx',
  codeformer: 'facerestore_models',
  gfpgan: 'facerestore_models',
  // parts of a diffusers model
  textencoder: 'text_encoders',
  textencoder2: 'text_encoders',
  textencoder3: 'text_encoders',
}

/** Names too common to imply a type except directly in a folder named `models`. */
const typeInsideModels: Readonly<Record<string, string>> = {
  classifiers: 'classifiers',
  detection: 'detection',
  diffusers: 'diffusers',
  onnx: 'onnx',
  sam: 'sams',
}

export interface FolderEvidence {
  /** The folder's original name. */
  readonly folder: string
  readonly modelType: string
  /** Folders between it and the file, outermost first. */
  readonly below: readonly string[]
}

/** The nearest of a file's folders whose name implies a type; `folders` outermost first. */
export function folderEvidence(folders: readonly string[]): FolderEvidence | null {
  for (let index = folders.length - 1; index >= 0; index -= 1) {
    const folder = folders[index] ?? ''
    const name = normaliseFolderName(folder)
    const isInModels = normaliseFolderName(folders[index - 1] ?? '') === 'models'
    const modelType =
      ownValue(typeByFolder, name) ?? (isInModels ? ownValue(typeInsideModels, name) : undefined)
    if (modelType !== undefined) return { folder, modelType, below: folders.slice(index + 1) }
  }
  return null
}

/** The type implied by a folder directly inside `models`, or null. */
export function typeByFolderName(folder: string): string | null {
  return folderEvidence(['models', folder])?.modelType ?? null
}

/** Looks up own properties only, since a folder may be named `constructor`. */
function ownValue(table: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined
}

function normaliseFolderName(folder: string): string {
  return folder.toLowerCase().replace(/[-_ ]/g, '')
}
