/** Where a folder must be for its name to imply a type. */
export type FolderPosition =
  /** Its name is used for nothing else. */
  | 'anywhere'
  /** Directly in a folder named `models`. */
  | 'in-models'
  /** InvokeAI's `models/<base model>/<type>`, or in its `autoimport`. */
  | 'in-base'

interface FolderGroup {
  /** Public source of the names. */
  readonly source: string
  readonly position: FolderPosition
  /** Names as the programs write them → model type. Case, `-`, `_` and spaces don't matter. */
  readonly folders: Readonly<Record<string, string>>
}

/** Maps each name of a list to the type of the same name. */
function ownTypes(names: string): Readonly<Record<string, string>> {
  return Object.fromEntries(names.split(' ').map((name) => [name, name]))
}

/**
 * The folders in which programs keep their models. A type is the folder that ComfyUI reads, because the
 * library's paths are those of ComfyUI. Models of tools without such a folder keep the tool's own.
 */
export const folderGroups: readonly FolderGroup[] = [
  {
    source: 'Comfy-Org/ComfyUI: folder_paths.py; `unet` and `clip` are former names',
    position: 'anywhere',
    folders: {
      ...ownTypes(
        'checkpoints loras vae text_encoders diffusion_models clip_vision style_models embeddings ' +
          'vae_approx controlnet gligen upscale_models latent_upscale_models hypernetworks photomaker ' +
          'model_patches audio_encoders background_removal frame_interpolation geometry_estimation ' +
          'optical_flow',
      ),
      unet: 'diffusion_models',
      clip: 'text_encoders',
      t2i_adapter: 'controlnet',
    },
  },
  {
    source: 'Comfy-Org/ComfyUI: folder_paths.py',
    position: 'in-models',
    folders: ownTypes('classifiers detection diffusers'),
  },
  {
    source:
      'ComfyUI extensions: IPAdapter_plus, Impact-Pack, AnimateDiff-Evolved, InstantID, PuLID, x-flux, ReActor',
    position: 'anywhere',
    folders: {
      ...ownTypes(
        'ipadapter ipadapter-flux ultralytics sams insightface instantid pulid animatediff_models ' +
          'animatediff_motion_lora facerestore_models LLM xlabs prompt_expansion',
      ),
      ultralytics_bbox: 'ultralytics',
      ultralytics_segm: 'ultralytics',
      unet_gguf: 'diffusion_models',
      clip_gguf: 'text_encoders',
      cogvideox_loras: 'loras',
    },
  },
  {
    source:
      'ComfyUI extensions: segment-anything-2, comfyui-inpaint-nodes, BrushNet, ELLA, ReActor, WanVideoWrapper, CogVideoXWrapper, MMAudio, SeedVR2, RMBG, LayerStyle, LivePortrait, ComfyUI_TensorRT, essentials, WAS, Inspire-Pack',
    position: 'in-models',
    folders: ownTypes(
      'sam2 sam3 inpaint ella ella_encoder mmdets onnx yolo yolov8 reswapper hyperswap reactor wav2vec2 ' +
        'mmaudio SEEDVR2 RMBG BiRefNet liveportrait tensorrt CogVideo CogVideoX_Fun ic_light layer_model ' +
        'luts blip clip_interrogator clip_seg prompt_generator LLavacheckpoints mediapipe rembg ' +
        'lbw_models dynamicrafter_models nsfw_detector facexlib hyvid_embeds',
    ),
  },
  {
    source: 'ltdrdata/ComfyUI-Manager: model-list.json',
    position: 'in-models',
    folders: {
      ...ownTypes(
        'facedetection face_restore grounding-dino depthanything yolo_world rams seecoders ' +
          'instance_models deepbump MoGe Janus-Pro',
      ),
      AnimateDiff: 'animatediff_models',
      RGT: 'upscale_models',
    },
  },
  {
    source: 'AUTOMATIC1111, Forge, reForge and SD.Next: modules/paths*.py, modules/shared_options.py',
    position: 'anywhere',
    folders: {
      'Stable-diffusion': 'checkpoints',
      Lora: 'loras',
      LyCORIS: 'loras',
      LoCon: 'loras',
      'VAE-approx': 'vae_approx',
      'VAE-taesd': 'vae_approx',
      'Text-encoder': 'text_encoders',
      hypernetwork: 'hypernetworks',
      'textual inversion': 'embeddings',
      ESRGAN: 'upscale_models',
      RealESRGAN: 'upscale_models',
      BSRGAN: 'upscale_models',
      SwinIR: 'upscale_models',
      ScuNET: 'upscale_models',
      LDSR: 'upscale_models',
      GFPGAN: 'facerestore_models',
      Codeformer: 'facerestore_models',
      adetailer: 'ultralytics',
    },
  },
  {
    source: 'AUTOMATIC1111, Forge, reForge and SD.Next: modules/paths*.py, modules/shared_options.py',
    position: 'in-models',
    folders: {
      DAT: 'upscale_models',
      RCAN: 'upscale_models',
      PLKSR: 'upscale_models',
      Spandrel: 'upscale_models',
      TAESD: 'vae_approx',
      svd: 'checkpoints',
      z123: 'checkpoints',
      control: 'controlnet',
      embedding: 'embeddings',
      ...ownTypes('karlo midas opencv RIFE ControlNetPreprocessor'),
      deepdanbooru: 'deepdanbooru',
      torch_deepdanbooru: 'deepdanbooru',
    },
  },
  {
    source: 'LykosAI/StabilityMatrix: SharedFolderType.cs',
    position: 'anywhere',
    folders: {
      StableDiffusion: 'checkpoints',
      ApproxVAE: 'vae_approx',
      TextEncoders: 'text_encoders',
      AfterDetailer: 'ultralytics',
      IpAdapter: 'ipadapter',
      IpAdapters: 'ipadapter',
      IpAdapters15: 'ipadapter',
      IpAdaptersXl: 'ipadapter',
    },
  },
  {
    source: 'mcmonkeyprojects/SwarmUI: Settings.cs; lllyasviel/Fooocus: modules/config.py',
    position: 'in-models',
    folders: { sam: 'sams', safety_checker: 'safety_checker' },
  },
  {
    source: 'common names of shared folders',
    position: 'anywhere',
    folders: { checkpoint: 'checkpoints', upscalers: 'upscale_models' },
  },
  {
    source: 'huggingface/diffusers: parts of a pipeline',
    position: 'anywhere',
    folders: {
      text_encoder: 'text_encoders',
      text_encoder_2: 'text_encoders',
      text_encoder_3: 'text_encoders',
    },
  },
  {
    source: 'invoke-ai/InvokeAI: backend/model_manager/taxonomy.py',
    position: 'in-base',
    folders: {
      main: 'checkpoints',
      vae: 'vae',
      lora: 'loras',
      control_lora: 'loras',
      controlnet: 'controlnet',
      t2i_adapter: 'controlnet',
      embedding: 'embeddings',
      ip_adapter: 'ipadapter',
      clip_vision: 'clip_vision',
      siglip: 'clip_vision',
      clip_embed: 'text_encoders',
      t5_encoder: 'text_encoders',
      wan_t5_encoder: 'text_encoders',
      qwen3_encoder: 'text_encoders',
      qwen_vl_encoder: 'text_encoders',
      qwen3_vl_encoder: 'text_encoders',
      mistral_encoder: 'text_encoders',
      gemma2_encoder: 'text_encoders',
      spandrel_image_to_image: 'upscale_models',
      flux_redux: 'style_models',
      llava_onevision: 'LLM',
      text_llm: 'LLM',
      onnx: 'onnx',
    },
  },
  {
    source: 'invoke-ai/InvokeAI: types directly in models, as older versions have them',
    position: 'in-models',
    folders: {
      t5_encoder: 'text_encoders',
      clip_embed: 'text_encoders',
      spandrel_image_to_image: 'upscale_models',
      flux_redux: 'style_models',
    },
  },
]

/** InvokeAI's names of base models (taxonomy.py, BaseModelType). */
export const invokeBases: readonly string[] = (
  'any sd-1 sd-2 sd-3 sdxl sdxl-refiner flux flux2 cogview4 z-image ernie-image ideogram-4 qwen-image wan ' +
  'anima krea-2 unknown'
).split(' ')
