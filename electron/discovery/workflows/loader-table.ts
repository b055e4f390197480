/**
 * The folder below `models` that a node loads from: one for all of its widgets, or one for each widget. The
 * widgets are in the order of the node, because older workflows store values without names; null is a widget
 * without a model. A node that is null downloads its models into a folder of its own.
 */
export type Loader = string | null | Readonly<Record<string, string | null>>

interface LoaderGroup {
  /** Public source of the class names, widgets and folders. */
  readonly source: string
  readonly loaders: Readonly<Record<string, Loader>>
}

/** Widgets after the last one with a model are left out. */
const loaderGroups: readonly LoaderGroup[] = [
  {
    source: 'Comfy-Org/ComfyUI: nodes.py, comfy_extras',
    loaders: {
      CheckpointLoader: { config_name: null, ckpt_name: 'checkpoints' },
      CheckpointLoaderSimple: 'checkpoints',
      ImageOnlyCheckpointLoader: 'checkpoints',
      unCLIPCheckpointLoader: 'checkpoints',
      UNETLoader: 'diffusion_models',
      VAELoader: 'vae',
      CLIPLoader: 'text_encoders',
      DualCLIPLoader: 'text_encoders',
      TripleCLIPLoader: 'text_encoders',
      QuadrupleCLIPLoader: 'text_encoders',
      LTXAVTextEncoderLoader: { text_encoder: 'text_encoders', ckpt_name: 'checkpoints' },
      LTXVAudioVAELoader: 'checkpoints',
      CLIPVisionLoader: 'clip_vision',
      StyleModelLoader: 'style_models',
      LoraLoader: 'loras',
      LoraLoaderModelOnly: 'loras',
      LoraLoaderBypass: 'loras',
      LoraLoaderBypassModelOnly: 'loras',
      CreateHookLora: 'loras',
      CreateHookLoraModelOnly: 'loras',
      CreateHookModelAsLora: 'checkpoints',
      CreateHookModelAsLoraModelOnly: 'checkpoints',
      ControlNetLoader: 'controlnet',
      DiffControlNetLoader: 'controlnet',
      DiffusersLoader: 'diffusers',
      GLIGENLoader: 'gligen',
      HypernetworkLoader: 'hypernetworks',
      PhotoMakerLoader: 'photomaker',
      UpscaleModelLoader: 'upscale_models',
      LatentUpscaleModelLoader: 'latent_upscale_models',
      ModelPatchLoader: 'model_patches',
      AudioEncoderLoader: 'audio_encoders',
      FrameInterpolationModelLoader: 'frame_interpolation',
      LoadBackgroundRemovalModel: 'background_removal',
      TensorRTLoader: 'tensorrt',
    },
  },
  {
    source:
      'city96/ComfyUI-GGUF, calcuis/gguf, pollockjj/ComfyUI-MultiGPU, comfyanonymous/ComfyUI_bitsandbytes_NF4',
    loaders: {
      UnetLoaderGGUF: 'diffusion_models',
      UnetLoaderGGUFAdvanced: 'diffusion_models',
      CLIPLoaderGGUF: 'text_encoders',
      DualCLIPLoaderGGUF: 'text_encoders',
      TripleCLIPLoaderGGUF: 'text_encoders',
      QuadrupleCLIPLoaderGGUF: 'text_encoders',
      LoaderGGUF: 'diffusion_models',
      LoaderGGUFAdvanced: 'diffusion_models',
      ClipLoaderGGUF: 'text_encoders',
      DualClipLoaderGGUF: 'text_encoders',
      TripleClipLoaderGGUF: 'text_encoders',
      QuadrupleClipLoaderGGUF: 'text_encoders',
      AudioEncoderLoaderGGUF: 'audio_encoders',
      VaeGGUF: 'vae',
      UNetLoaderLP: 'diffusion_models',
      CheckpointLoaderNF4: 'checkpoints',
      UNETLoaderNF4: 'diffusion_models',
    },
  },
  {
    source: 'cubiq/ComfyUI_IPAdapter_plus, Shakker-Labs/ComfyUI-IPAdapter-Flux, XLabs-AI/x-flux-comfyui',
    loaders: {
      IPAdapterModelLoader: 'ipadapter',
      IPAdapterFluxLoader: { ipadapter: 'ipadapter-flux' },
      IPAdapterFluxLoaderAdvanced: { ipadapter: 'ipadapter-flux' },
      FluxLoraLoader: 'xlabs/loras',
      LoadFluxControlNet: { model_name: null, controlnet_path: 'xlabs/controlnets' },
      LoadFluxIPAdapter: { ipadatper: 'xlabs/ipadapters', clip_vision: 'clip_vision' },
    },
  },
  {
    source:
      'cubiq/ComfyUI_InstantID, cubiq/PuLID_ComfyUI, balazik/ComfyUI-PuLID-Flux, shiimizu/ComfyUI-PhotoMaker-Plus',
    loaders: {
      InstantIDModelLoader: 'instantid',
      PulidModelLoader: 'pulid',
      PulidFluxModelLoader: 'pulid',
      PhotoMakerLoaderPlus: 'photomaker',
    },
  },
  {
    source: 'ltdrdata/ComfyUI-Impact-Pack, ComfyUI-Impact-Subpack and ComfyUI-Inspire-Pack',
    loaders: {
      UltralyticsDetectorProvider: 'ultralytics',
      SAMLoader: 'sams',
      ONNXDetectorProvider: 'onnx',
      MMDetDetectorProvider: 'mmdets',
      MMDetLoader: 'mmdets',
      'CheckpointLoaderSimpleShared //Inspire': 'checkpoints',
      'LoadDiffusionModelShared //Inspire': 'diffusion_models',
      'LoadTextEncoderShared //Inspire': 'text_encoders',
      'LoraLoaderBlockWeight //Inspire': 'loras',
      'LoraBlockInfo //Inspire': 'loras',
      'StableCascade_CheckpointLoader //Inspire': 'checkpoints',
    },
  },
  {
    source: 'Gourieff/ComfyUI-ReActor',
    loaders: {
      ReActorFaceSwap: {
        enabled: null,
        swap_model: 'insightface',
        facedetection: null,
        face_restore_model: 'facerestore_models',
      },
      ReActorFaceSwapOpt: {
        enabled: null,
        swap_model: 'insightface',
        facedetection: null,
        face_restore_model: 'facerestore_models',
      },
      ReActorFaceBoost: { enabled: null, boost_model: 'facerestore_models' },
      ReActorRestoreFace: { facedetection: null, model: 'facerestore_models' },
      ReActorLoadFaceModel: 'reactor/faces',
      ReActorMaskHelper: {
        bbox_model_name: 'ultralytics',
        bbox_threshold: null,
        bbox_dilation: null,
        bbox_crop_factor: null,
        bbox_drop_size: null,
        sam_model_name: 'sams',
      },
    },
  },
  {
    source: 'Kosinkadink/ComfyUI-AnimateDiff-Evolved and ComfyUI-Advanced-ControlNet',
    loaders: {
      ADE_LoadAnimateDiffModel: 'animatediff_models',
      ADE_AnimateDiffLoaderGen1: 'animatediff_models',
      ADE_AnimateDiffLoaderWithContext: 'animatediff_models',
      ADE_AnimateDiffLoaderV1Advanced: 'animatediff_models',
      AnimateDiffLoaderV1: 'animatediff_models',
      ADE_LoadAnimateDiffModelWithCameraCtrl: 'animatediff_models',
      ADE_LoadAnimateLCMI2VModel: 'animatediff_models',
      ADE_AnimateDiffLoRALoader: 'animatediff_motion_lora',
      ADE_RegisterLoraHook: 'loras',
      ADE_RegisterLoraHookModelOnly: 'loras',
      ADE_RegisterModelAsLoraHook: 'checkpoints',
      ADE_RegisterModelAsLoraHookModelOnly: 'checkpoints',
      CheckpointLoaderSimpleWithNoiseSelect: 'checkpoints',
      ControlNetLoaderAdvanced: 'controlnet',
      DiffControlNetLoaderAdvanced: 'controlnet',
      ACN_ControlNetLoaderAdvanced: 'controlnet',
      ACN_DiffControlNetLoaderAdvanced: 'controlnet',
      'ACN_ControlNet++LoaderAdvanced': 'controlnet',
      'ACN_ControlNet++LoaderSingle': 'controlnet',
      ACN_CtrLoRALoader: 'controlnet',
      ACN_SparseCtrlLoaderAdvanced: 'controlnet',
      ACN_SparseCtrlMergedLoaderAdvanced: 'controlnet',
      ControlNetLoaderWithLoraAdvanced: 'controlnet',
      ACN_AnimaLLLiteLoaderAdvanced: 'model_patches',
    },
  },
  {
    source: 'kijai: ComfyUI-WanVideoWrapper, -HunyuanVideoWrapper, -CogVideoXWrapper and -FramePackWrapper',
    loaders: {
      WanVideoModelLoader: 'diffusion_models',
      WanVideoExtraModelSelect: 'diffusion_models',
      WanVideoVACEModelSelect: 'diffusion_models',
      WanVideoControlnetLoader: 'controlnet',
      WanVideoUni3C_ControlnetLoader: 'controlnet',
      WanVideoVAELoader: 'vae',
      WanVideoTinyVAELoader: 'vae_approx',
      WanVideoLoraSelect: 'loras',
      WanVideoLoraSelectMulti: 'loras',
      LoadWanVideoT5TextEncoder: 'text_encoders',
      LoadWanVideoClipTextEncoder: 'clip_vision',
      WanVideoTextEncodeCached: 'text_encoders',
      FantasyTalkingModelLoader: 'diffusion_models',
      MultiTalkModelLoader: 'diffusion_models',
      Wav2VecModelLoader: 'wav2vec2',
      HyVideoModelLoader: 'diffusion_models',
      HyVideoVAELoader: 'vae',
      HyVideoLoraSelect: 'loras',
      CogVideoXModelLoader: 'diffusion_models',
      CogVideoXVAELoader: 'vae',
      CogVideoLoraSelectComfy: 'loras',
      LoadFramePackModel: 'diffusion_models',
      FramePackLoraSelect: 'loras',
    },
  },
  {
    source: 'kijai: ComfyUI-KJNodes, -SUPIR, -segment-anything-2, -MMAudio, -IC-Light and -Hunyuan3DWrapper',
    loaders: {
      VAELoaderKJ: 'vae',
      CheckpointLoaderKJ: 'checkpoints',
      DiffusionModelLoaderKJ: 'diffusion_models',
      DiffusionModelSelector: 'diffusion_models',
      GGUFLoaderKJ: 'diffusion_models',
      LTX2LoraLoaderAdvanced: 'loras',
      LoraReduceRankKJ: 'loras',
      SUPIR_Upscale: 'checkpoints',
      SUPIR_model_loader: 'checkpoints',
      SUPIR_model_loader_v2: 'checkpoints',
      SUPIR_model_loader_v2_clip: 'checkpoints',
      DownloadAndLoadSAM2Model: 'sam2',
      MMAudioModelLoader: 'mmaudio',
      MMAudioVoCoderLoader: 'mmaudio',
      MMAudioFeatureUtilsLoader: 'mmaudio',
      LoadAndApplyICLightUnet: 'diffusion_models',
      Hy3DModelLoader: 'diffusion_models',
      MelBandRoFormerModelLoader: 'diffusion_models',
    },
  },
  {
    source: 'Lightricks/ComfyUI-LTXVideo',
    loaders: {
      LTXVGemmaCLIPModelLoader: { gemma_path: 'text_encoders', ltxv_path: 'checkpoints' },
      LTXICLoRALoaderModelOnly: 'loras',
      LTXVQ8LoraModelLoader: 'loras',
      LowVRAMCheckpointLoader: 'checkpoints',
      LowVRAMAudioVAELoader: 'checkpoints',
      LowVRAMLatentUpscaleModelLoader: 'latent_upscale_models',
      GemmaAPITextEncode: 'checkpoints',
    },
  },
  {
    source: 'nunchaku-tech/ComfyUI-nunchaku',
    loaders: {
      NunchakuFluxDiTLoader: 'diffusion_models',
      NunchakuQwenImageDiTLoader: 'diffusion_models',
      NunchakuTextEncoderLoader: 'text_encoders',
      NunchakuTextEncoderLoaderV2: 'text_encoders',
      NunchakuFluxLoraLoader: 'loras',
      NunchakuFluxLoraStack: 'loras',
      NunchakuPuLIDLoaderV2: { pulid_file: 'pulid', eva_clip_file: 'text_encoders' },
    },
  },
  {
    source: 'rgthree/rgthree-comfy, jags111/efficiency-nodes-comfyui',
    loaders: {
      'Power Lora Loader (rgthree)': 'loras',
      'Lora Loader Stack (rgthree)': 'loras',
      'LoRA Stacker': 'loras',
      'XY Input: LoRA': 'loras',
      'XY Input: LoRA Plot': 'loras',
      'XY Input: VAE': 'vae',
      'AnimateDiff Script': 'animatediff_models',
      'Efficient Loader': {
        ckpt_name: 'checkpoints',
        vae_name: 'vae',
        clip_skip: null,
        lora_name: 'loras',
      },
      'HighRes-Fix Script': {
        upscale_type: null,
        hires_ckpt_name: 'checkpoints',
        latent_upscaler: null,
        pixel_upscaler: 'upscale_models',
      },
      'Eff. Loader SDXL': {
        base_ckpt_name: 'checkpoints',
        base_clip_skip: null,
        refiner_ckpt_name: 'checkpoints',
        refiner_clip_skip: null,
        positive_ascore: null,
        negative_ascore: null,
        vae_name: 'vae',
      },
    },
  },
  {
    source:
      'Suzie1/ComfyUI_Comfyroll_CustomNodes, WASasquatch/was-node-suite-comfyui, willmiao/ComfyUI-Lora-Manager',
    loaders: {
      'CR LoRA List': 'loras',
      'CR LoRA Stack': 'loras',
      'CR Random LoRA Stack': 'loras',
      'CR Random Weight LoRA': 'loras',
      'CR Load LoRA': 'loras',
      'CR Load Scheduled LoRAs': 'loras',
      'CR Load Scheduled Models': 'checkpoints',
      'CR Model List': 'checkpoints',
      'CR Model Merge Stack': 'checkpoints',
      'CR Select Model': 'checkpoints',
      'CR Multi Upscale Stack': 'upscale_models',
      'CR Upscale Image': 'upscale_models',
      'Checkpoint Loader': 'checkpoints',
      'Checkpoint Loader (Simple)': 'checkpoints',
      'unCLIP Checkpoint Loader': 'checkpoints',
      'Load Lora': 'loras',
      'Lora Loader': 'loras',
      'Upscale Model Loader': 'upscale_models',
      'Checkpoint Loader (LoraManager)': 'checkpoints',
      'Unet Loader (LoraManager)': 'diffusion_models',
    },
  },
  {
    source: 'yolain/ComfyUI-Easy-Use',
    loaders: {
      'easy fullLoader': {
        ckpt_name: 'checkpoints',
        config_name: null,
        vae_name: 'vae',
        clip_skip: null,
        lora_name: 'loras',
      },
      'easy a1111Loader': { ckpt_name: 'checkpoints', vae_name: 'vae', clip_skip: null, lora_name: 'loras' },
      'easy comfyLoader': { ckpt_name: 'checkpoints', vae_name: 'vae', clip_skip: null, lora_name: 'loras' },
      'easy fluxLoader': { ckpt_name: 'checkpoints', vae_name: 'vae', lora_name: 'loras' },
      'easy hunyuanDiTLoader': { ckpt_name: 'checkpoints', vae_name: 'vae', lora_name: 'loras' },
      'easy mochiLoader': { ckpt_name: 'checkpoints', vae_name: 'vae' },
      'easy sv3dLoader': { ckpt_name: 'checkpoints', vae_name: 'vae' },
      'easy svdLoader': { ckpt_name: 'checkpoints', vae_name: 'vae', clip_name: 'text_encoders' },
      'easy zero123Loader': { ckpt_name: 'checkpoints', vae_name: 'vae' },
      'easy kolorsLoader': {
        unet_name: 'diffusion_models',
        vae_name: 'vae',
        chatglm3_name: 'LLM',
        lora_name: 'loras',
      },
      'easy LLLiteLoader': 'controlnet',
      'easy controlnetLoader': 'controlnet',
      'easy controlnetLoader++': 'controlnet',
      'easy controlnetLoaderADV': 'controlnet',
      'easy controlnetNames': 'controlnet',
      'easy ckptNames': 'checkpoints',
      'easy loraNames': 'loras',
      'easy loraStack': 'loras',
      'easy hiresFix': 'upscale_models',
      'easy pulIDApply': 'pulid',
      'easy pulIDApplyADV': 'pulid',
      'easy samLoaderPipe': 'sams',
      'easy ultralyticsDetectorPipe': 'ultralytics',
    },
  },
  {
    source:
      'Acly/comfyui-inpaint-nodes, nullquant/ComfyUI-BrushNet, TencentQQGYLab/ComfyUI-ELLA, 1038lab/ComfyUI-RMBG, chflame163/ComfyUI_LayerStyle, numz/ComfyUI-SeedVR2_VideoUpscaler, kijai/ComfyUI-WanAnimatePreprocess, MinusZoneAI/ComfyUI-Kolors-MZ',
    loaders: {
      INPAINT_LoadFooocusInpaint: 'inpaint',
      INPAINT_LoadInpaintModel: 'inpaint',
      BrushNetLoader: 'inpaint',
      PowerPaintCLIPLoader: { base: 'text_encoders', powerpaint: 'inpaint' },
      ELLALoader: 'ella',
      AILab_YoloV8: 'ultralytics',
      AILab_YoloV8Adv: 'ultralytics',
      'LayerMask: YoloV8Detect': 'yolo',
      'LayerMask: LoadBiRefNetModel': 'BiRefNet/pth',
      SeedVR2LoadDiTModel: 'SEEDVR2',
      SeedVR2LoadVAEModel: 'SEEDVR2',
      OnnxDetectionModelLoader: 'detection',
      MZ_KolorsUNETLoader: 'diffusion_models',
      MZ_KolorsUNETLoaderV2: 'diffusion_models',
      MZ_ChatGLM3Loader: 'LLM',
    },
  },
  {
    source: 'SwarmUI: ComfyUIBackend/ExtraNodes',
    loaders: {
      SwarmInputCheckpoint: { title: null, value: 'checkpoints' },
      SwarmLTXVAudioVAELoader: 'vae',
      SwarmYoloDetection: 'yolov8',
    },
  },
  {
    source:
      'Fannovel16: comfyui_controlnet_aux and ComfyUI-Frame-Interpolation keep models in their own folders',
    loaders: {
      DWPreprocessor: null,
      AnimalPosePreprocessor: null,
      DepthAnythingPreprocessor: null,
      DepthAnythingV2Preprocessor: null,
      Zoe_DepthAnythingPreprocessor: null,
      MeshGraphormerDepthMapPreprocessor: null,
      'RIFE VFI': null,
      'FILM VFI': null,
      'AMT VFI': null,
      'CAIN VFI': null,
      'FLAVR VFI': null,
      'GMFSS Fortuna VFI': null,
      'IFRNet VFI': null,
      'IFUnet VFI': null,
      'M2M VFI': null,
      'Sepconv VFI': null,
      'STMFNet VFI': null,
    },
  },
]

const loaderByClass = new Map(loaderGroups.flatMap(({ loaders }) => Object.entries(loaders)))

/** ComfyUI-MultiGPU wraps other nodes under their name and one of these suffixes. */
const wrapperSuffix = /(DisTorch2?)?MultiGPU$/

/** The loader of a node class; undefined if the class isn't in the table. */
export function findLoader(className: string): Loader | undefined {
  const loader = loaderByClass.get(className)
  return loader === undefined ? loaderByClass.get(className.replace(wrapperSuffix, '')) : loader
}

/** Nodes that read the same files from further folders, too. Uploads go to the one in the table above. */
const furtherFoldersByClass = new Map<string, readonly string[]>([
  // kijai/ComfyUI-WanVideoWrapper: nodes_model_loading.py
  ['LoadWanVideoClipTextEncoder', ['text_encoders']],
])

export function furtherFolders(className: string): readonly string[] {
  return furtherFoldersByClass.get(className.replace(wrapperSuffix, '')) ?? []
}

/** Nodes that read some files from another folder, which their names show. */
const foldersByFileName: readonly {
  readonly className: RegExp
  readonly fileName: RegExp
  readonly folder: string
}[] = [
  // Comfy-Org/ComfyUI: nodes.py, VAELoader.video_taes
  {
    className: /^VAELoader/,
    fileName: /^(taehv|lighttaew2_[12]|lighttaehy1_5|taeltx_2|taeh3)\.\w+$/,
    folder: 'vae_approx',
  },
  // Gourieff/ComfyUI-ReActor: nodes.py, get_model_names
  { className: /^ReActorFaceSwap/, fileName: /^hyperswap_/, folder: 'hyperswap' },
  { className: /^ReActorFaceSwap/, fileName: /^reswapper_/, folder: 'reswapper' },
]

/** The folder from which a node reads a file of this name, if it is not that of its other files. */
export function folderByFileName(className: string, fileName: string): string | undefined {
  const isMatch = (entry: (typeof foldersByFileName)[number]) =>
    entry.className.test(className) && entry.fileName.test(fileName)
  return foldersByFileName.find(isMatch)?.folder
}

/** Comfy-Org/ComfyUI: nodes.py, VAELoader.image_taes */
const imageTaes: readonly string[] = ['taesd', 'taesdxl', 'taesd3', 'taef1', 'taef2', 'taeqi2_1']

/** The files, without extensions, that a node reads for a value which names no file. */
export function filesBehindValue(className: string, value: string): readonly string[] {
  const isTae = className.startsWith('VAELoader') && imageTaes.includes(value)
  return isTae ? [`${value}_encoder`, `${value}_decoder`] : []
}

/** All folders that the table names. */
export function loaderFolders(): readonly string[] {
  const folders = [...loaderByClass.values()].flatMap((loader) =>
    loader === null || typeof loader === 'string' ? [loader] : Object.values(loader),
  )
  const byName = foldersByFileName.map(({ folder }) => folder)
  return [...new Set([...folders, ...byName])].filter((folder) => folder !== null)
}
