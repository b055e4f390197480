/** Builders for the lists of layers that families share. */

type Width = number | readonly number[] | null
type Layers = Readonly<Record<string, Width>>

const perPart = (start: string, parts: readonly string[], width: number | readonly number[]): Layers =>
  Object.fromEntries(parts.map((part) => [start + part, width]))

/** The same layers with several beginnings. */
export const under = (starts: readonly string[], layers: Layers): Layers =>
  Object.fromEntries(
    starts.flatMap((start) => Object.entries(layers).map(([name, width]) => [start + name, width])),
  )

/** Joint attention of image and text in diffusers' names. */
export const jointAttention = (width: number | readonly number[]): Layers =>
  perPart(
    'transformer_blocks.#.attn.',
    ['to_q', 'to_k', 'to_v', 'to_out.#', 'add_q_proj', 'add_k_proj', 'add_v_proj', 'to_add_out'],
    width,
  )

/** Self and cross attention in diffusers' names; `text` is the width of the text in the second. */
export const selfAndCross = (
  start: string,
  width: number | readonly number[],
  text: number | readonly number[] | null,
): Layers => ({
  ...perPart(`${start}attn1.`, ['to_q', 'to_k', 'to_v', 'to_out.#'], width),
  ...perPart(`${start}attn2.`, ['to_q', 'to_out.#'], width),
  [`${start}attn2.to_k`]: text,
  [`${start}attn2.to_v`]: text,
})

/** Feed-forward layers in diffusers' names. */
export const feedForward = (start: string, width: Width, inner: Width): Layers => ({
  [`${start}net.#.proj`]: width,
  [`${start}net.#`]: inner,
})

/** Transformer blocks with separate layers for image and text, and single ones, in diffusers' names. */
export const doubleAndSingle = (width: number, inner = 4 * width): Layers => ({
  ...jointAttention(width),
  ...feedForward('transformer_blocks.#.ff.', width, inner),
  ...feedForward('transformer_blocks.#.ff_context.', width, inner),
  'transformer_blocks.#.norm1.linear': width,
  'transformer_blocks.#.norm1_context.linear': width,
  ...perPart('single_transformer_blocks.#.attn.', ['to_q', 'to_k', 'to_v'], width),
  'single_transformer_blocks.#.norm.linear': width,
  'single_transformer_blocks.#.proj_mlp': width,
  'single_transformer_blocks.#.proj_out': width + inner,
})

/** Their outputs, unless the activation is gated, which doubles them. */
export const plainOutputs = (inner: number) => ({
  'transformer_blocks.#.ff.net.#.proj': inner,
  'transformer_blocks.#.ff_context.net.#.proj': inner,
  'single_transformer_blocks.#.proj_mlp': inner,
})

/** The same blocks in the names of Flux's own code. */
export const fluxBlocks = (width: number, inner = 4 * width): Layers => ({
  ...under(['double_blocks.#.img_', 'double_blocks.#.txt_'], {
    'attn.qkv': width,
    'attn.proj': width,
    'mlp.#': [width, inner],
  }),
  'single_blocks.#.linear1': width,
  'single_blocks.#.linear2': width + inner,
})

/** Attention layers of a transformer with names such as `self_attn.q_proj`. */
export const projections = (start: string, parts: string, width: number | readonly number[]): Layers =>
  perPart(start, parts.split(' '), width)

/** Hunyuan Video and Hunyuan Image have as many. */
export const hunyuanBlocks = {
  'double_blocks.': 20,
  'single_blocks.': 40,
  'transformer_blocks.': 20,
  'single_transformer_blocks.': 40,
}

/** Layers with the names of Hunyuan's own code and of diffusers. */
export function hunyuanLayers(widths: readonly number[]): Layers {
  return {
    ...under(['double_blocks.#.img_', 'double_blocks.#.txt_'], {
      ...projections('', 'attn_qkv attn_q attn_k attn_v attn_proj mod.linear mlp.fc1', widths),
      'mlp.fc2': widths.map((width) => 4 * width),
    }),
    ...projections('single_blocks.#.', 'linear1 modulation.linear', widths),
    'single_blocks.#.linear2': widths.map((width) => 5 * width),
    ...hunyuanDiffusersLayers(widths),
    'txt_in.individual_token_refiner.': null,
  }
}

/** The same in the names of diffusers, which FramePack has too. */
export function hunyuanDiffusersLayers(widths: readonly number[]): Layers {
  return {
    ...jointAttention(widths),
    ...under(['transformer_blocks.#.ff.', 'transformer_blocks.#.ff_context.'], {
      'net.#.proj': widths,
      'net.#': widths.map((width) => 4 * width),
    }),
    'transformer_blocks.#.norm1.linear': widths,
    'transformer_blocks.#.norm1_context.linear': widths,
    ...projections('single_transformer_blocks.#.attn.', 'to_q to_k to_v', widths),
    'single_transformer_blocks.#.norm.linear': widths,
    'single_transformer_blocks.#.proj_mlp': widths,
    'single_transformer_blocks.#.proj_out': widths.map((width) => 5 * width),
    'context_embedder.token_refiner.': null,
  }
}
