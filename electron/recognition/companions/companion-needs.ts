import type { CompanionRole } from '../../contract/companions.ts'
import { basesOf, type ContainedPart, type Recognition } from '../../contract/recognition.ts'
import { parts, toNameText, type Companion } from './companion-parts.ts'

/**
 * What the checkpoints of a family usually contain: everything, everything but the text encoders, or some of them
 * everything.
 */
export type CheckpointContent = 'whole' | 'without-encoders' | 'varied'

/** What the diffusion model of a family needs if it is in a file of its own. */
interface FamilyNeeds {
  readonly base: string
  /** Words of the variant, all of which the file has; absent for any variant. */
  readonly variant?: readonly string[]
  readonly needs: readonly Companion[]
  /** What checkpoints of the family usually contain; `varied` unless given. */
  readonly checkpoints?: CheckpointContent
}

const {
  clipL,
  clipG,
  t5xxl,
  oldT5xxl,
  umt5xxl,
  byt5,
  llava,
  qwen25of7B,
  qwen3of4B,
  qwen3vlOf4B,
  qwen3vlOf8B,
  vaeFlux1,
  vaeFlux2,
  vaeSdxl,
  vaeSd,
  vaeSd3,
  vaeWan,
  vaeQwenImage,
  vaeHunyuanVideo,
} = parts

/**
 * Of each family the first entry whose variant matches. Families that are not listed need nothing, or what they
 * need is not known. Source: ComfyUI, supported_models.py (`clip_target`, `latent_format`), sd.py (`load_clip`)
 * and its workflow templates.
 */
export const familyNeeds: readonly FamilyNeeds[] = [
  { base: 'Flux.1', needs: [clipL, t5xxl, vaeFlux1] },
  { base: 'Flux.2', variant: ['dev'], needs: [parts.mistral, vaeFlux2] },
  { base: 'Flux.2', variant: ['Klein', '9B'], needs: [parts.qwen3of8B, vaeFlux2] },
  { base: 'Flux.2', variant: ['Klein', '4B'], needs: [qwen3of4B, vaeFlux2] },
  { base: 'Chroma', needs: [t5xxl, vaeFlux1] },
  // It computes in pixels.
  { base: 'Chroma Radiance', needs: [t5xxl] },
  // Its VAE is Flux.1's, published as `vae.safetensors`, which doesn't show what it is.
  { base: 'Step1X-Edit', needs: [qwen25of7B] },
  { base: 'LongCat-Image', needs: [qwen25of7B, vaeFlux1] },
  { base: 'SD3', needs: [clipL, clipG, t5xxl, vaeSd3], checkpoints: 'without-encoders' },
  { base: 'SD3.5', needs: [clipL, clipG, t5xxl, vaeSd3], checkpoints: 'without-encoders' },
  { base: 'SDXL', needs: [clipL, clipG, vaeSdxl], checkpoints: 'whole' },
  { base: 'SDXL refiner', needs: [clipG, vaeSdxl], checkpoints: 'whole' },
  { base: 'SD2', variant: ['upscaler'], needs: [] },
  { base: 'SD2', needs: [parts.clipH, vaeSd], checkpoints: 'whole' },
  { base: 'SD1', needs: [clipL, vaeSd], checkpoints: 'whole' },
  { base: 'Stable Cascade', variant: ['C'], needs: [clipG], checkpoints: 'whole' },
  { base: 'AuraFlow', needs: [parts.t5xl, vaeSdxl], checkpoints: 'whole' },
  { base: 'PixArt', variant: ['Alpha'], needs: [t5xxl, vaeSd] },
  { base: 'PixArt', needs: [t5xxl, vaeSdxl] },
  { base: 'Hunyuan-DiT', needs: [parts.bert, parts.mt5xl, vaeSdxl], checkpoints: 'whole' },
  { base: 'HiDream', needs: [clipL, clipG, t5xxl, parts.llama31, vaeFlux1] },
  { base: 'Lumina 2', needs: [parts.gemma2, vaeFlux1], checkpoints: 'whole' },
  { base: 'NewBie', needs: [parts.gemma3of4B, parts.jinaClip, vaeFlux1] },
  { base: 'Z-Image', variant: ['pixel'], needs: [qwen3of4B] },
  { base: 'Z-Image', needs: [qwen3of4B, vaeFlux1] },
  { base: 'Boogu-Image', needs: [qwen3vlOf8B, vaeFlux1] },
  { base: 'OmniGen2', needs: [parts.qwen25of3B, vaeFlux1] },
  // Its VAE has an additional channel.
  { base: 'Qwen-Image', variant: ['Layered'], needs: [qwen25of7B] },
  { base: 'Qwen-Image', needs: [qwen25of7B, vaeQwenImage] },
  { base: 'Qwen-Image 2.1', needs: [qwen3vlOf8B, parts.vaeQwenImage21] },
  { base: 'Ideogram 4', needs: [qwen3vlOf8B, vaeFlux2] },
  { base: 'Krea 2', needs: [qwen3vlOf4B, vaeQwenImage] },
  { base: 'Mage-Flow', needs: [qwen3vlOf4B] },
  { base: 'ERNIE-Image', needs: [parts.ministral, vaeFlux2] },
  { base: 'Lens', needs: [parts.gptOss, vaeFlux2] },
  { base: 'PixelDiT', needs: [parts.gemma2] },
  { base: 'Anima', needs: [parts.qwen3of06B, vaeQwenImage] },
  { base: 'Hunyuan Image', variant: ['refiner'], needs: [qwen25of7B, byt5] },
  { base: 'Hunyuan Image', needs: [qwen25of7B, byt5, parts.vaeHunyuanImage] },
  { base: 'Hunyuan Video 1.5', needs: [qwen25of7B, byt5, parts.vaeHunyuanVideo15] },
  { base: 'Hunyuan Video', variant: ['SkyReels'], needs: [llava, clipL, vaeHunyuanVideo] },
  { base: 'Hunyuan Video', variant: ['I2V'], needs: [llava, clipL, parts.clipVision336, vaeHunyuanVideo] },
  { base: 'Hunyuan Video', needs: [llava, clipL, vaeHunyuanVideo] },
  { base: 'FramePack', needs: [llava, clipL, parts.siglip, vaeHunyuanVideo] },
  { base: 'Wan', variant: ['2.2', '5B'], needs: [umt5xxl, parts.vaeWan22] },
  { base: 'Wan', variant: ['2.1', 'I2V'], needs: [umt5xxl, parts.clipVisionH, vaeWan] },
  { base: 'Wan', variant: ['FLF2V'], needs: [umt5xxl, parts.clipVisionH, vaeWan] },
  { base: 'Wan', needs: [umt5xxl, vaeWan] },
  {
    base: 'LTX-Video',
    variant: ['sound'],
    needs: [parts.gemmaOf12B, parts.vaeLtx],
    checkpoints: 'without-encoders',
  },
  { base: 'LTX-Video', needs: [t5xxl, parts.vaeLtx], checkpoints: 'without-encoders' },
  { base: 'Mochi', needs: [t5xxl, parts.vaeMochi] },
  { base: 'CogVideoX', needs: [t5xxl, parts.vaeCogVideoX] },
  { base: 'Cosmos', needs: [oldT5xxl, parts.vaeCosmos] },
  { base: 'Cosmos-Predict2', needs: [oldT5xxl, vaeWan] },
  { base: 'Kandinsky 5', variant: ['image'], needs: [qwen25of7B, clipL, vaeFlux1] },
  { base: 'Kandinsky 5', needs: [qwen25of7B, clipL, vaeHunyuanVideo] },
  { base: 'MiniMax H3', needs: [parts.qwen3vlOf32B] },
  { base: 'Stable Audio', needs: [parts.t5base, parts.vaeStableAudio], checkpoints: 'whole' },
  { base: 'Stable Audio 3', needs: [parts.t5gemma, parts.vaeStableAudio3] },
]

/** Types of models that change or control a base model, which they are loaded with. */
const typesWithBase: ReadonlySet<string> = new Set([
  'loras',
  'controlnet',
  'ipadapter',
  'model_patches',
  'style_models',
])

/** Variants of patches for a base model that some loaders read from the folder of base models. */
const patchVariants: ReadonlySet<string> = new Set(['MultiTalk', 'SUPIR'])

const isPatch = ({ variant }: Recognition) => variant !== undefined && patchVariants.has(variant)

/** By the role of a companion, the part of a checkpoint that takes its place. */
const containedAs: Readonly<Partial<Record<CompanionRole, ContainedPart>>> = {
  'text-encoder': 'text-encoders',
  vae: 'vae',
}

/** The reasons for which a type is that of the file's own tensors. */
const reasonsByContent: ReadonlySet<string> = new Set([
  'reason.header',
  'reason.header-and-folder',
  'reason.header-and-finer-folder',
  'reason.header-over-folder',
])

/** What a file needs, and where else the team can have it. */
export interface CompanionNeeds {
  readonly needs: readonly Companion[]
  /** The family whose checkpoints may contain it; null for base models. */
  readonly family: string | null
  readonly checkpoints: CheckpointContent
}

const none: CompanionNeeds = { needs: [], family: null, checkpoints: 'varied' }

/**
 * The companions without which a file can't be used, and that it doesn't contain. None if its own tensors don't
 * show what it is. A folder in the format of diffusers contains all of them.
 */
export function companionsOf(recognition: Recognition): CompanionNeeds {
  const { modelType, base, contains } = recognition
  if (modelType === null || base === null || !isShownByContent(recognition)) return none
  if (typesWithBase.has(modelType) || isPatch(recognition)) {
    // Redux describes images by the features of SigLIP (ComfyUI, comfy/ldm/flux/redux.py).
    const encoders = modelType === 'style_models' && base === 'Flux.1' ? [parts.siglip] : []
    return { ...none, needs: [baseModel(base), ...encoders] }
  }
  const isCheckpoint = modelType === 'checkpoints'
  // Versions that didn't record it have left out what a checkpoint contains.
  if ((!isCheckpoint && modelType !== 'diffusion_models') || (isCheckpoint && !contains)) return none
  const family = familyOf(recognition)
  if (!family) return none
  const isContained = ({ role }: Companion) => {
    const inside = containedAs[role]
    return inside !== undefined && contains?.includes(inside)
  }
  return {
    needs: family.needs.filter((companion) => !isContained(companion)),
    family: base,
    checkpoints: family.checkpoints ?? 'varied',
  }
}

const isShownByContent = ({ reason, group }: Recognition) =>
  reasonsByContent.has(reason.key) && (group === undefined || group.kind === 'shards')

function familyOf({ base, variant = '' }: Recognition): FamilyNeeds | undefined {
  const words = new Set(variant.split(' '))
  return familyNeeds.find((one) => one.base === base && (one.variant ?? []).every((word) => words.has(word)))
}

const baseModels = new Map<string, Companion>()

/** The same object for the same families. */
function baseModel(base: string): Companion {
  const known = baseModels.get(base) ?? { role: 'base-model', base, usualName: null }
  baseModels.set(base, known)
  return known
}

/** Whether a file is this companion, or may be: its header can leave several families open. */
export function mayBeCompanion(recognition: Recognition, companion: Companion): boolean {
  const { modelType, base, variant } = recognition
  if (modelType === null || !typesOf(companion.role).includes(modelType) || isPatch(recognition)) return false
  if (variant !== undefined && variant === companion.exceptVariant) return false
  const fitting = fittingBases(companion)
  return basesOf(base).some((one) => fitting.includes(one))
}

/** Whether a file is this companion by its own header, and by its name where headers are the same. */
export function isCompanion(recognition: Recognition, fileName: string, companion: Companion): boolean {
  const { base, reason } = recognition
  if (!reasonsByContent.has(reason.key) || base === null || !mayBeCompanion(recognition, companion))
    return false
  const fitting = fittingBases(companion)
  if (!basesOf(base).every((one) => fitting.includes(one))) return false
  return !companion.needsName || (companion.names?.test(toNameText(fileName)) ?? false)
}

const fittingBases = ({ base, alsoBases = [] }: Companion) => [...basesOf(base), ...alsoBases]

const typesByRole: Readonly<Record<CompanionRole, readonly string[]>> = {
  'text-encoder': ['text_encoders'],
  vae: ['vae'],
  'image-encoder': ['clip_vision'],
  'base-model': ['checkpoints', 'diffusion_models', 'diffusers'],
}

/** The model types that a companion can have. */
export const typesOf = (role: CompanionRole): readonly string[] => typesByRole[role]

/** All model types of companions. */
export const companionTypes: ReadonlySet<string> = new Set(Object.values(typesByRole).flat())
