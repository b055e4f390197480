import { findLoader, folderByFileName } from './loader-table.ts'

/**
 * What a model's type is derived from, the strongest first: the node that loads it, the workflow's own list
 * of models, or a word in the name of the node or widget.
 */
export type TypeSource = 'loader' | 'list' | 'word'

export interface ExpectedModel {
  /** Null if unknown. */
  readonly modelType: string | null
  /** Folder inside the folder of the type, or `''`: `XLabs` nodes load from `models/xlabs/loras`. */
  readonly subfolder: string
  readonly source: TypeSource
}

/** Words in the name of a widget or class that reveal the type; the most specific first. */
const typeByWord: readonly (readonly [word: RegExp, modelType: string])[] = [
  [/clip[-_ ]?vision/, 'clip_vision'],
  [/control[-_ ]?net|t2i[-_ ]?adapter/, 'controlnet'],
  [/ip[-_ ]?adapter/, 'ipadapter'],
  [/style[-_ ]?model/, 'style_models'],
  [/latent[-_ ]?upscale/, 'latent_upscale_models'],
  [/upscale/, 'upscale_models'],
  [/hyper[-_ ]?net/, 'hypernetworks'],
  [/model[-_ ]?patch/, 'model_patches'],
  [/audio[-_ ]?encoder/, 'audio_encoders'],
  [/background[-_ ]?removal/, 'background_removal'],
  [/frame[-_ ]?interpolation/, 'frame_interpolation'],
  [/photo[-_ ]?maker/, 'photomaker'],
  [/instant[-_ ]?id(?![a-z])/, 'instantid'],
  [/pulid/, 'pulid'],
  [/gligen/, 'gligen'],
  [/animate[-_ ]?diff|motion[-_ ]?model/, 'animatediff_models'],
  [/ultralytics/, 'ultralytics'],
  [/lora|lycoris/, 'loras'],
  [/ckpt|checkpoint/, 'checkpoints'],
  [/unet|diffusion[-_ ]?model|(?<![a-z])dit(?![a-z])/, 'diffusion_models'],
  [/vae/, 'vae'],
  [/text[-_ ]?encoder|clip(?![a-z])|t5/, 'text_encoders'],
  [/(?<![a-z])sam(?![a-z])/, 'sams'],
  [/embedding/, 'embeddings'],
]

/**
 * The type of model that a node's widget takes. `widget` is null if the workflow doesn't name it, `index` is
 * its position among the node's values, or null; some nodes choose the folder by `fileName`. A known node
 * takes precedence over words in names.
 */
export function expectedModel(
  className: string,
  widget: string | null,
  { index = null, fileName = '' }: { readonly index?: number | null; readonly fileName?: string } = {},
): ExpectedModel {
  const folder = folderByFileName(className, fileName) ?? folderOfWidget(className, widget, index)
  if (folder !== undefined) {
    const [modelType = null, ...inner] = folder === null ? [] : folder.split('/')
    return { modelType, subfolder: inner.join('/'), source: 'loader' }
  }
  const modelType = (widget === null ? null : typeByWordIn(widget)) ?? typeByWordIn(className)
  return { modelType, subfolder: '', source: 'word' }
}

/** Undefined if the node or widget isn't in the table; null if the node has a folder of its own. */
function folderOfWidget(
  className: string,
  widget: string | null,
  index: number | null,
): string | null | undefined {
  const loader = findLoader(className)
  if (loader === undefined || loader === null || typeof loader === 'string') return loader
  const name = widget ?? (index === null ? undefined : Object.keys(loader)[index])
  return name !== undefined && Object.hasOwn(loader, name) ? (loader[name] ?? undefined) : undefined
}

function typeByWordIn(text: string): string | null {
  const lower = text.replace(/([a-z])([A-Z])/g, '$1_$2').toLowerCase()
  return typeByWord.find(([word]) => word.test(lower))?.[1] ?? null
}

/** Whether a widget takes a folder: ComfyUI's DiffusersLoader lists those with a `model_index.json`. */
export function isFolderInput(className: string, widget: string | null): boolean {
  return className === 'DiffusersLoader' && (widget === null || widget === 'model_path')
}

/** Nodes that show texts to people: notes, and displays of another node's result. They load no models. */
export function showsOnlyText(className: string): boolean {
  return /note|label|markdown|^show ?text|show ?anything|display ?any|^preview ?any/i.test(className)
}
