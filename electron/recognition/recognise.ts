import type { ModelFormat, Recognition } from '../contract/recognition.ts'
import type { FolderEvidence } from './kinds/folder-evidence.ts'
import { mainDtype } from './formats/header.ts'
import type { Header } from './formats/header.ts'
import type { Kind } from './kinds/kind-result.ts'
import { byName } from './kinds/kind-by-name.ts'
import { quantisationOf } from './kinds/quantisation.ts'
import { nameHint } from './kinds/name-hint.ts'

/** All that is known of a file. */
export interface Evidence {
  readonly name: string
  readonly format: ModelFormat
  readonly header: Header | null
  readonly kind: Kind | null
  readonly folder: FolderEvidence | null
}

/** Folders that say more than their tensors can: type by tensors → types of folders that agree with it. */
const finerFolders: Readonly<Record<string, readonly string[]>> = {
  clip_vision: ['ipadapter', 'ipadapter-flux'],
  controlnet: ['model_patches', 'xlabs'],
  diffusion_models: ['animatediff_models', 'model_patches'],
  ipadapter: ['ipadapter-flux', 'xlabs', 'instantid', 'pulid', 'photomaker'],
  loras: ['xlabs', 'animatediff_motion_lora', 'photomaker'],
  text_encoders: ['LLM', 'prompt_expansion', 'clip_vision'],
  upscale_models: ['latent_upscale_models', 'facerestore_models'],
  vae: ['vae_approx'],
}

/**
 * Weighs header, folder and name: the header knows best what a file is, the folder comes next, a word in the name last.
 * Where header and folder disagree the header counts and the reason says both.
 */
export function recognise(evidence: Evidence): Recognition {
  const { format, header } = evidence
  const meant = kindInFolder(evidence)
  const { kind, note } = meant ? byName(meant, evidence.name) : { kind: null, note: null }
  const { modelType, reason } = weigh({ ...evidence, kind })
  return {
    format,
    modelType,
    base: kind?.base ?? null,
    ...(kind?.variant ? { variant: kind.variant } : {}),
    reason,
    ...(note ? { note } : {}),
    tensorCount: header ? header.tensors.size : null,
    dtype: header ? (quantisationOf(header.tensors) ?? mainDtype(header.tensors)) : null,
  }
}

/** Of two things that a file is the one that its folder is for. */
function kindInFolder({ kind, folder }: Evidence): Kind | null {
  return kind?.other && kind.other.modelType === folder?.modelType ? kind.other : kind
}

type Verdict = Pick<Recognition, 'modelType' | 'reason'>

function verdict(key: string, modelType: string | null, params: Readonly<Record<string, string>>): Verdict {
  return { modelType, reason: { key, params: modelType === null ? params : { type: modelType, ...params } } }
}

function weigh({ name, format, kind, folder }: Evidence): Verdict {
  if (kind) {
    const base = [kind.base, kind.variant].filter(Boolean).join(' ') || 'none'
    const params = { base, evidence: kind.evidence }
    if (!folder) return verdict('reason.header', kind.modelType, params)
    const both = { ...params, folder: folder.folder }
    if (finerFolders[kind.modelType]?.includes(folder.modelType)) {
      return verdict('reason.header-and-finer-folder', folder.modelType, both)
    }
    const agrees = kind.modelType === folder.modelType
    return verdict(agrees ? 'reason.header-and-folder' : 'reason.header-over-folder', kind.modelType, both)
  }
  const closed = format === 'pytorch'
  if (folder) {
    const params = { folder: folder.folder }
    return verdict(closed ? 'reason.pytorch-folder' : 'reason.folder', folder.modelType, params)
  }
  const hint = nameHint(name)
  if (hint) {
    return verdict(closed ? 'reason.pytorch-name' : 'reason.name', hint.modelType, { hint: hint.hint })
  }
  return verdict(closed ? 'reason.pytorch' : 'reason.unknown', null, {})
}
