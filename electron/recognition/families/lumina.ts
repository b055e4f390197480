import type { BaseModel } from './family.ts'
import { projections, under } from './layers.ts'

const luminaBlocks = ['layers.#.', 'noise_refiner.#.', 'context_refiner.#.']

/** Layers of Lumina 2's transformer in its own names. */
const luminaLayers = (width: number) =>
  under(luminaBlocks, {
    ...projections('attention.', 'qkv out', width),
    'feed_forward.w1': width,
    'feed_forward.w2': null,
    'feed_forward.w3': width,
    'adaLN_modulation.#': null,
  })

/** The same in the names of diffusers; Z-Image's are a mixture. */
const luminaDiffusersLayers = (width: number) =>
  under(luminaBlocks, {
    ...projections('attention.', 'to_q to_k to_v to_out.#', width),
    ...projections('attn.', 'to_q to_k to_v to_out.#', width),
    'feed_forward.linear_1': width,
    'feed_forward.linear_2': null,
    'feed_forward.linear_3': width,
    'norm1.linear': null,
  })

/** Lumina 2 and what was derived from it (ComfyUI, model_detection.py; diffusers, transformer_lumina2.py). */
export const lumina: readonly BaseModel[] = [
  {
    base: 'NewBie',
    layouts: [
      {
        has: ['noise_refiner.0.attention.k_norm.weight', 'clip_text_pooled_proj.0.weight'],
        shapes: [['cap_embedder.1.weight', [2304]]],
      },
    ],
    lora: { layers: { ...luminaLayers(2304), 'clip_text_pooled_proj.': null }, blocks: { 'layers.': 36 } },
    architectures: ['newbie'],
  },
  {
    base: 'Lumina 2',
    layouts: [
      {
        has: ['noise_refiner.0.attention.k_norm.weight'],
        shapes: [['cap_embedder.1.weight', [2304]]],
      },
      {
        has: ['time_caption_embed.timestep_embedder.linear_1.bias', 'noise_refiner.'],
        shapes: [['x_embedder.weight', [2304]]],
        lacks: ['ref_image_patch_embedder.weight'],
      },
    ],
    lora: {
      layers: {
        ...luminaLayers(2304),
        ...luminaDiffusersLayers(2304),
        'cap_embedder.#': 2304,
        'te.model.layers.#.self_attn.q_proj': 2304,
        'te.model.layers.#.mlp.gate_proj': 2304,
        'te.model.layers.': null,
      },
      blocks: { 'layers.': 26 },
    },
    classes: ['Lumina2'],
    architectures: ['lumina'],
  },
  {
    base: 'Ming-Image',
    layouts: [
      { has: ['__ming_image__', 'cap_embedder.1.weight'] },
      {
        has: ['noise_refiner.0.attention.k_norm.weight', 'x_embedder.weight'],
        shapes: [['cap_embedder.1.weight', [3840]]],
        lacks: ['cap_pad_token', 'dec_net.cond_embed.weight'],
      },
    ],
    architectures: ['ming-image'],
  },
  {
    base: 'Z-Image',
    layouts: [
      {
        has: [['noise_refiner.0.attention.k_norm.weight', 'noise_refiner.0.attention.norm_k.weight']],
        shapes: [['cap_embedder.1.weight', [3840]]],
      },
    ],
    variants: [[{ word: 'pixel', has: ['dec_net.cond_embed.weight'] }]],
    lora: {
      layers: { ...luminaLayers(3840), ...luminaDiffusersLayers(3840), 'cap_embedder.#': 2560 },
      blocks: { 'layers.': 30 },
    },
    classes: ['ZImage'],
    architectures: ['z-image', 'zimage'],
  },
  {
    base: 'Boogu-Image',
    layouts: [{ has: ['double_stream_layers.0.img_instruct_attn.processor.img_to_q.weight'] }],
    lora: { layers: { 'double_stream_layers.': null, 'single_stream_layers.': null } },
    architectures: ['boogu'],
  },
  {
    base: 'OmniGen2',
    layouts: [{ has: ['time_caption_embed.timestep_embedder.linear_1.bias'] }],
    lora: {
      layers: {
        ...under(['layers.#.', 'noise_refiner.#.', 'context_refiner.#.', 'ref_image_refiner.#.'], {
          ...projections('attn.', 'to_q to_k to_v to_out.#', 2520),
          ...projections('feed_forward.', 'linear_1 linear_3', 2520),
          'feed_forward.linear_2': null,
          'norm1.linear': null,
        }),
        'ref_image_refiner.': null,
      },
      blocks: { 'layers.': 32 },
    },
    classes: ['OmniGen2'],
    architectures: ['omnigen2', 'omnigen-2'],
  },
]
