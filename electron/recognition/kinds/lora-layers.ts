import type { TensorNames } from './tensor-names.ts'

/** Endings of kohya, PEFT, diffusers, XLabs, LoHa, LoKr, OFT, DoRA and full differences. */
const adapterEnding =
  /(\.lora_(down|up|mid)\.weight|[._]lora_[AB](\.\w+)?(\.weight|\.bias)?|[._]lora\d*\.(down|up)\.weight|\.dora_scale|\.lora_magnitude_vector|\.hada_[wt]\d(_[ab])?|\.lokr_[wt]\d(_[ab])?|\.oft_(blocks|diag)|\.oft_R(\.weight)?|\.diff(_b)?|\.set_weight|\.[wb]_norm)$/
/** Belongs to an adapter only beside the endings above: audio models have activations of this name. */
const alphaEnding = '.alpha'

/** Trainers and tools put these before the names of a model's layers, also in combination. */
const prefixes =
  /^(base_model\.model\.|model\.diffusion_model\.|diffusion_model\.|transformer\.|unet\.|pipe\.dit\.|model\.|lora_unet_|lora_transformer_|lycoris_|lora_)+/

/** A hostile file can give every tensor another layer; the largest model has about 100 after numbering. */
const maxLayers = 5000
/** In characters; the longest known name of a layer has 120. */
const maxNameLength = 300

/** Layers of an adapter that differ only in their numbers. */
export interface LoraLayer {
  /** In the model's own names with `#` for numbers; trainers write them with dots or underscores. */
  readonly name: string
  /** A tensor of it. */
  readonly example: string
  /** The highest number at each `#`. */
  readonly numbers: number[]
  readonly inputWidths: Set<number>
  readonly outputWidths: Set<number>
}

/** The share of a file's tensors that belong to an adapter, 0 to 1. */
export function loraShare(names: TensorNames): number {
  let certain = 0
  let alphas = 0
  for (const name of names.all()) {
    if (name.endsWith(alphaEnding)) alphas += 1
    else if (adapterEnding.test(name)) certain += 1
  }
  return certain === 0 ? 0 : (certain + alphas) / names.count
}

/** The different layers of an adapter, without their numbers. */
export function loraLayers(names: TensorNames): ReadonlyMap<string, LoraLayer> {
  const layers = new Map<string, LoraLayer>()
  for (const tensor of names.all()) {
    const ending = tensor.length > maxNameLength ? undefined : adapterEnding.exec(tensor)?.[0]
    if (ending === undefined) continue
    const path = tensor.slice(0, -ending.length)
    const numbers: number[] = []
    const name = layerName(path, numbers)
    const layer = layers.get(name) ?? {
      name,
      example: tensor,
      numbers: [],
      inputWidths: new Set(),
      outputWidths: new Set(),
    }
    if (!layers.has(name)) {
      if (layers.size >= maxLayers) break
      layers.set(name, layer)
    }
    numbers.forEach((number, at) => (layer.numbers[at] = Math.max(number, layer.numbers[at] ?? 0)))
    const width = inputWidth(names, path, ending)
    if (width !== undefined) layer.inputWidths.add(width)
    const output = outputWidth(names.shape(tensor), ending)
    if (output !== undefined) layer.outputWidths.add(output)
  }
  return layers
}

/** The layer's name in the model, with `#` for numbers, which are added to `numbers`. */
function layerName(path: string, numbers: number[]): string {
  const own = path.replace(prefixes, '').replace('.processor.', '.')
  const isDotted = own.includes('.')
  return own.replace(isDotted ? /(?<=^|\.)\d+(?=\.|$)/g : /(?<=^|_)\d+(?=_|$)/g, (digits) => {
    numbers.push(Number(digits))
    return '#'
  })
}

/** The width of a layer's input, as far as this tensor shows it. */
function inputWidth(names: TensorNames, path: string, ending: string): number | undefined {
  const size = (part: string) => names.shape(path + part)[1]
  if (/lora_down\.weight$|lora_A|lora\d*\.down/.test(ending)) return size(ending)
  if (ending === '.hada_w1_b') return size(ending)
  if (ending === '.diff') return size(ending)
  // The weight is the Kronecker product of both factors.
  if (ending !== '.lokr_w1' && ending !== '.lokr_w1_b') return undefined
  const second = size('.lokr_w2') ?? size('.lokr_w2_b')
  const first = size(ending)
  return first === undefined || second === undefined ? undefined : first * second
}

/** The width of a layer's output, as far as a tensor of this shape and ending shows it. */
const outputWidth = (shape: readonly number[], ending: string): number | undefined =>
  /lora_up\.weight$|lora_B(\.\w+)?\.weight$|lora\d*\.up|\.hada_w1_a$|\.diff$/.test(ending)
    ? shape[0]
    : undefined
