import type { ModelFormat, Recognition } from '../contract/recognition.ts'
import { architectureSignature } from './architecture-signature.ts'
import type { FolderEvidence } from './kinds/folder-evidence.ts'
import { mainDtype } from './formats/header.ts'
import type { Header } from './formats/header.ts'
import type { Kind } from './kinds/kind.ts'
import { modelTypeByName, refineKindByName } from './kinds/name-evidence.ts'
import { detectQuantisation } from './kinds/quantisation.ts'
import { tensorNames } from './kinds/tensor-names.ts'

/** All evidence for what a file is. */
export interface Evidence {
  readonly name: string
  readonly format: ModelFormat
  readonly header: Header | null
  readonly kind: Kind | null
  readonly folder: FolderEvidence | null
}

/** Model types by tensors → more specific folder types that are compatible with them. */
const specificFolders: Readonly<Record<string, readonly string[]>> = {
  audio_encoders: ['wav2vec2'],
  checkpoints: ['dynamicrafter_models'],
  clip_vision: ['ipadapter', 'ipadapter-flux'],
  controlnet: ['model_patches', 'xlabs', 'inpaint'],
  diffusion_models: [
    'animatediff_models',
    'model_patches',
    'inpaint',
    'ic_light',
    'dynamicrafter_models',
    'mmaudio',
    'SEEDVR2',
    'CogVideo',
    'CogVideoX_Fun',
  ],
  facerestore_models: ['face_restore'],
  ipadapter: ['ipadapter-flux', 'xlabs', 'instantid', 'pulid', 'photomaker'],
  loras: ['xlabs', 'animatediff_motion_lora', 'photomaker'],
  sams: ['sam2', 'sam3'],
  text_encoders: [
    'LLM',
    'LLavacheckpoints',
    'Janus-Pro',
    'prompt_expansion',
    'prompt_generator',
    'clip_vision',
    'ella_encoder',
    'inpaint',
  ],
  upscale_models: ['latent_upscale_models', 'facerestore_models'],
  vae: ['vae_approx', 'mmaudio', 'SEEDVR2', 'CogVideo'],
}

/**
 * Combines the evidence: the header takes precedence, then the folder, then words in the name. Where header
 * and folder disagree, the reason names both.
 */
export function recognise(evidence: Evidence): Recognition {
  const { format, header } = evidence
  const detected = kindMatchingFolder(evidence)
  const { kind, note } = detected ? refineKindByName(detected, evidence.name) : { kind: null, note: null }
  const { modelType, reason } = decideType({ ...evidence, kind })
  const signature = header ? architectureSignature(tensorNames(header.tensors)) : null
  return {
    format,
    modelType,
    base: kind?.base ?? null,
    ...(kind?.variant ? { variant: kind.variant } : {}),
    ...(kind?.contains ? { contains: kind.contains } : {}),
    reason,
    ...(note ? { note } : {}),
    ...(signature === null ? {} : { signature }),
    tensorCount: header ? header.tensors.size : null,
    dtype: header ? (detectQuantisation(header.tensors) ?? mainDtype(header.tensors)) : null,
  }
}

/** Of two kinds that a file can be, the one that its folder is for. */
function kindMatchingFolder({ kind, folder }: Evidence): Kind | null {
  return kind?.alternative && kind.alternative.modelType === folder?.modelType ? kind.alternative : kind
}

/**
 * Tensors that only have the prefix of a diffusion model can be a part of one or a tool, with a folder of its
 * own. Without a VAE and text encoders they are no checkpoint, and with one of them no diffusion model alone.
 */
const isUnknownPart = ({ modelType, base }: Kind, folder: FolderEvidence) =>
  base === null &&
  ((modelType === 'diffusion_models' && folder.modelType !== 'checkpoints') ||
    (modelType === 'checkpoints' && folder.modelType !== 'diffusion_models'))

type TypeDecision = Pick<Recognition, 'modelType' | 'reason'>

function decision(
  key: string,
  modelType: string | null,
  params: Readonly<Record<string, string>>,
): TypeDecision {
  return { modelType, reason: { key, params: modelType === null ? params : { type: modelType, ...params } } }
}

function decideType({ name, format, kind, folder }: Evidence): TypeDecision {
  if (kind) {
    const base = [kind.base, kind.variant].filter(Boolean).join(' ') || 'none'
    const params = { base, evidence: kind.evidence }
    if (!folder) return decision('reason.header', kind.modelType, params)
    const withFolder = { ...params, folder: folder.folder }
    if (specificFolders[kind.modelType]?.includes(folder.modelType)) {
      return decision('reason.header-and-finer-folder', folder.modelType, withFolder)
    }
    const agrees = kind.modelType === folder.modelType
    if (!agrees && isUnknownPart(kind, folder)) {
      return decision('reason.folder', folder.modelType, { folder: folder.folder })
    }
    return decision(
      agrees ? 'reason.header-and-folder' : 'reason.header-over-folder',
      kind.modelType,
      withFolder,
    )
  }
  const isPytorch = format === 'pytorch'
  if (folder) {
    const params = { folder: folder.folder }
    return decision(isPytorch ? 'reason.pytorch-folder' : 'reason.folder', folder.modelType, params)
  }
  const hint = modelTypeByName(name)
  if (hint) {
    return decision(isPytorch ? 'reason.pytorch-name' : 'reason.name', hint.modelType, { hint: hint.hint })
  }
  return decision(isPytorch ? 'reason.pytorch' : 'reason.unknown', null, {})
}
