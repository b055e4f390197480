import * as v from 'valibot'
import type { DeepReadonly } from './stored-values.ts'

/** The format of a file's content. */
export type ModelFormat = (typeof modelFormats)[number]
export const modelFormats = ['safetensors', 'gguf', 'pytorch', 'onnx', 'other'] as const

const messageReference = v.object({ key: v.string(), params: v.record(v.string(), v.string()) })

/** A message key with its parameters. */
export type MessageReference = DeepReadonly<v.InferOutput<typeof messageReference>>

/**
 * Files that form one model. Each is uploaded and registered separately, and the list shows them under one
 * name.
 */
export const groupSchema = v.object({
  /** The same for all files of the group; contains no path. */
  key: v.string(),
  /** The folder's name, or the name before `-00001-of-00003`. */
  name: v.string(),
  /**
   * `diffusers`: a folder with a `model_index.json`; `shards`: numbered parts; `external`: a graph and its
   * weights.
   */
  kind: v.picklist(['diffusers', 'shards', 'external']),
})
export type ModelGroup = Readonly<v.InferOutput<typeof groupSchema>>

/**
 * The name of a numbered part: stem, number, count and extension. Published models have four digits or more (HunyuanImage
 * 3.0: `model-0001-of-0032`, DeepSeek V3: `model-00001-of-000163`), and zeros before the count. Other names, such as
 * `epoch-10-of-20`, may be of models that are complete, which would be refused as parts.
 */
export const shardNamePattern = /^(.+)-(\d{4,6})-of-(0\d{3,5})(\.(?:safetensors|gguf|bin|pt))$/i

/** What follows the stem in the name of the index of numbered parts. */
export const shardIndexEndings = ['.safetensors.index.json', '.bin.index.json'] as const

/** Between families that a file could belong to, of which it doesn't show which. */
export const baseSeparator = ' / '

/** The families in a recognised base: one, several that can't be distinguished, or none. */
export const basesOf = (base: string | null): readonly string[] => base?.split(baseSeparator) ?? []

/** Parts that a diffusion model can have in the same file. */
export type ContainedPart = (typeof containedParts)[number]
export const containedParts = ['text-encoders', 'vae'] as const

/** Content of a header that the user may not want to share. */
export type PrivateContent = (typeof privateContent)[number]
export const privateContent = ['prompt', 'workflow', 'local-paths', 'training-texts'] as const

/** What a file is and the evidence for it. */
export const recognitionSchema = v.object({
  format: v.picklist(modelFormats),
  /** Null when there is no evidence for a type. */
  modelType: v.nullable(v.string()),
  /** Base model family (`SDXL`, `Flux.1`), several joined by ` / ` if the file doesn't show which, or null. */
  base: v.nullable(v.string()),
  /** Size or purpose of the base (`14B I2V`, `inpainting`). */
  variant: v.exactOptional(v.string()),
  /** Of a checkpoint, what it contains besides the diffusion model. */
  contains: v.exactOptional(v.array(v.picklist(containedParts))),
  /** The evidence: a message key under `reason.`. */
  reason: messageReference,
  /** What only the file name indicates: a message key under `note.`. */
  note: v.exactOptional(messageReference),
  /** Number of tensors in the header, or null when the format has no such header. */
  tensorCount: v.nullable(v.number()),
  /** Most common element type by bytes, such as `F16`, or null. */
  dtype: v.nullable(v.string()),
  /** Equal for files with the same architecture, see `architectureSignature`; absent without tensors. */
  signature: v.exactOptional(v.string()),
  group: v.exactOptional(groupSchema),
  /** There is a picture in the header or next to the file. */
  hasPreview: v.exactOptional(v.boolean()),
  /** A PyTorch file whose scan was complete and found nothing that needs confirmation. */
  hasNoCode: v.exactOptional(v.literal(true)),
  /** Content of the header that the user may not want to share; absent if there is none. */
  privateContent: v.exactOptional(v.array(v.picklist(privateContent))),
  /** The licence as named in the header or a sidecar, shortened. */
  licence: v.exactOptional(v.string()),
})
export type Recognition = DeepReadonly<v.InferOutput<typeof recognitionSchema>>

/** How far the type of a file can be trusted. */
export type Confidence = 'high' | 'medium' | 'low' | 'none'

/**
 * Confidence by the reason for the type: `high` if the content shows it, `medium` if only the folder does or
 * contradicts the content, `low` if only a word in the name does.
 */
const confidenceByReason: Readonly<Record<string, Confidence>> = {
  'reason.header': 'high',
  'reason.header-and-folder': 'high',
  'reason.header-and-finer-folder': 'high',
  'reason.diffusers': 'high',
  'reason.header-over-folder': 'medium',
  'reason.folder': 'medium',
  'reason.pytorch-folder': 'medium',
  'reason.name': 'low',
  'reason.pytorch-name': 'low',
}

/** How far the type can be trusted; `none` where there is no evidence for one. */
export function confidenceOf({ reason }: Pick<Recognition, 'reason'>): Confidence {
  return Object.hasOwn(confidenceByReason, reason.key) ? (confidenceByReason[reason.key] ?? 'none') : 'none'
}

/** One sign of what a file is: a tensor or metadata key, a folder's name, or a word in the file's name. */
export interface Evidence {
  readonly source: 'content' | 'folder' | 'name'
  readonly sign: string
}

/** The signs that a recognition is based on. */
export function evidenceOf({ reason, note }: Pick<Recognition, 'reason' | 'note'>): readonly Evidence[] {
  const { evidence, folder, hint } = reason.params
  return [
    ...(evidence ? [{ source: 'content', sign: evidence } as const] : []),
    ...(folder ? [{ source: 'folder', sign: folder } as const] : []),
    ...(hint ? [{ source: 'name', sign: hint } as const] : []),
    ...(note?.params['hint'] ? [{ source: 'name', sign: note.params['hint'] } as const] : []),
  ]
}

/** A PNG, JPEG or WebP picture, verified by its bytes and limited in size. */
export interface Preview {
  /** `data:image/…;base64,…` */
  readonly url: string
  readonly from: 'header' | 'sidecar'
}

/** How dangerous a pickle's import is. */
export type ImportLevel = 'innocuous' | 'suspicious' | 'dangerous'

/** A file's metadata. It is sent on request for one row, not with every row. */
export interface ModelFacts {
  readonly title: string | null
  readonly author: string | null
  readonly description: string | null
  readonly licence: string | null
  /** Most used first. */
  readonly triggerWords: readonly string[]
  readonly resolution: string | null
  /** What it was trained or merged from, as written in the file. */
  readonly trainingBase: string | null
  readonly date: string | null
  readonly usageHint: string | null
  readonly predictionType: string | null
  readonly quantisation: string | null
  /** The tool that wrote the file. */
  readonly producer: string | null
  /** Sum over all tensors, or null without a header. */
  readonly parameterCount: number | null
  /** Bytes by element type, most first. */
  readonly dtypes: readonly { readonly dtype: string; readonly sizeBytes: number }[]
  /** Inputs of a graph, such as `sample: float16[1,4,64,64]`. */
  readonly inputs: readonly string[]
  readonly privateContent: readonly PrivateContent[]
  /** Names of files next to it that describe it. */
  readonly sidecars: readonly string[]
  /** Imports of a pickle, most dangerous first; empty for other formats. */
  readonly imports: readonly { readonly name: string; readonly level: ImportLevel }[]
}
