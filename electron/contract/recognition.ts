/** What a file's bytes are written in. */
export type ModelFormat = 'safetensors' | 'gguf' | 'pytorch' | 'onnx' | 'other'
export const modelFormats = ['safetensors', 'gguf', 'pytorch', 'onnx', 'other'] as const

/** A message of the catalogue with what it names. */
export interface Said {
  readonly key: string
  readonly params: Readonly<Record<string, string>>
}

/** Files that are one model together: each is sent and registered by itself, and the list shows them under one name. */
export interface ModelGroup {
  /** The same for all files of the group; it holds no path. */
  readonly key: string
  /** As a person calls it: the folder's name, or the name before `-00001-of-00003`. */
  readonly name: string
  /** `diffusers`: a folder with a `model_index.json`; `shards`: numbered parts; `external`: a graph and its weights. */
  readonly kind: 'diffusers' | 'shards' | 'external'
}

/** What a file is and why we think so; `unknown` never blocks. */
export interface Recognition {
  readonly format: ModelFormat
  /** The type that the evidence suggests, or null when nothing does. */
  readonly modelType: string | null
  /** Base model family in its own name (`SDXL`, `Flux.1`), or null. */
  readonly base: string | null
  /** What more is known of the base: a size or a purpose (`14B I2V`, `inpainting`). */
  readonly variant?: string
  /** Why: a message key under `reason.`. */
  readonly reason: Said
  /** What the file itself can't tell, and what its name says of that: a message key under `note.`. */
  readonly note?: Said
  /** Number of tensors in the header, or null when the format has no such header. */
  readonly tensorCount: number | null
  /** Most common element type by bytes, such as `F16`, or null. */
  readonly dtype: string | null
  readonly group?: ModelGroup
  /** A picture is in the header or lies beside the file. */
  readonly hasPreview?: boolean
}

/** A picture that was looked at: PNG, JPEG or WebP by its bytes, and not too large. */
export interface Preview {
  /** `data:image/…;base64,…` */
  readonly url: string
  readonly from: 'header' | 'sidecar'
}

/** What a header holds that its owner may not want to give away. */
export type PrivateContent = 'prompt' | 'workflow' | 'local-paths' | 'training-texts'

/** How far a pickle's import can be trusted. */
export type ImportLevel = 'innocuous' | 'suspicious' | 'dangerous'

/** All that the file says of itself: told for the one row that is open, never with every row. */
export interface ModelFacts {
  readonly title: string | null
  readonly author: string | null
  readonly description: string | null
  readonly licence: string | null
  /** Most used first. */
  readonly triggerWords: readonly string[]
  readonly resolution: string | null
  /** What it was trained or merged from, in the trainer's own words. */
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
  /** Names of files beside it that describe it. */
  readonly sidecars: readonly string[]
  /** What a pickle would load, worst first; empty for other formats. */
  readonly imports: readonly { readonly name: string; readonly level: ImportLevel }[]
}
