import {
  cleanLibraryPath,
  libraryPathProblem,
  refusedCharacters,
  type LibraryPathProblem,
} from '../../../electron/contract/library-path.ts'
import { withModelType, type Target, type UploadRow } from '../../../electron/contract/uploads.ts'

/** The folders of ComfyUI's `models` (its `folder_paths.py`), most used first; other types can be typed. */
export const knownTypes: readonly string[] = [
  'checkpoints',
  'diffusion_models',
  'loras',
  'vae',
  'text_encoders',
  'controlnet',
  'clip_vision',
  'upscale_models',
  'embeddings',
  'style_models',
  'ipadapter',
  'model_patches',
  'latent_upscale_models',
  'vae_approx',
  'audio_encoders',
  'diffusers',
  'gligen',
  'hypernetworks',
  'photomaker',
  'background_removal',
  'detection',
  'frame_interpolation',
  'geometry_estimation',
  'optical_flow',
  'classifiers',
  'configs',
  'ultralytics',
  'sams',
]

export type TargetField = 'displayName' | 'modelType' | 'modelPath'

/**
 * Maximum lengths in characters
 * (docs.cyberun.cloud/api-reference/model/register-a-model-after-uploading).
 */
const longest: Readonly<Record<'displayName' | 'modelType', number>> = { displayName: 255, modelType: 50 }

export type TargetProblem =
  | { readonly kind: 'length'; readonly field: 'displayName' | 'modelType' }
  | {
      readonly kind: 'path'
      readonly problem: LibraryPathProblem
      readonly refused: readonly string[]
      /** A valid path, or null if none can be derived. */
      readonly suggestion: string | null
    }

/** Validates the value of a field. */
export function targetProblem(field: TargetField, value: string): TargetProblem | null {
  if (field !== 'modelPath') {
    const length = [...value.trim()].length
    return length >= 1 && length <= longest[field] ? null : { kind: 'length', field }
  }
  const problem = libraryPathProblem(value)
  if (!problem) return null
  const suggestion = cleanLibraryPath(value)
  return {
    kind: 'path',
    problem,
    refused: refusedCharacters(value),
    suggestion: value.trim() === '' || libraryPathProblem(suggestion) ? null : suggestion,
  }
}

/** The change made by editing one field. The suggested path follows the type. */
export function targetChange(
  { target, isPathEdited }: Pick<UploadRow, 'target' | 'isPathEdited'>,
  field: TargetField,
  value: string,
): Partial<Target> {
  const trimmed = value.trim()
  if (trimmed === target[field]) return {}
  if (field !== 'modelType' || isPathEdited) return { [field]: trimmed }
  const { modelPath } = withModelType(target, trimmed)
  return { modelType: trimmed, ...(modelPath === target.modelPath ? {} : { modelPath }) }
}

/** Known types that contain the text; those that start with it come first. */
export function suggestTypes(typed: string): string[] {
  const sought = typed.trim().toLowerCase()
  const begins = knownTypes.filter((type) => type.startsWith(sought))
  return [...begins, ...knownTypes.filter((type) => !type.startsWith(sought) && type.includes(sought))]
}
