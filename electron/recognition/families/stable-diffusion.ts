import type { BaseModel, LoraLayers, TensorRule, VariantRule } from './family.ts'

const attention = 'transformer_blocks.0.attn2.to_k.weight'

/** The text width in the first cross attention, in the original layout and in the one of diffusers. */
const unetOf = (textWidth: number): readonly TensorRule[] => [
  ...['4.1', '2.1', '1.1', '3.1'].map((block) => ({
    has: ['input_blocks.0.0.weight'],
    shapes: [[`input_blocks.${block}.${attention}`, [null, textWidth]] as const],
    // Video models that were made of the UNet, with attention over time
    lacks: ['init_attn.0.'],
  })),
  ...[0, 1, 2].map((block) => ({
    has: ['conv_in.weight'],
    shapes: [[`down_blocks.${block}.attentions.0.${attention}`, [null, textWidth]] as const],
  })),
]

/** By the input: latents alone, or with a mask, an image, a low resolution image or a depth map. */
const inputs: readonly VariantRule[] = [
  ['inpainting', 9],
  ['edit', 8],
  ['x4 upscaler', 7],
  ['depth', 5],
].map(([word, channels]) => ({
  word: String(word),
  shapes: [
    [
      ['input_blocks.0.0.weight', 'conv_in.weight'],
      [null, Number(channels)],
    ],
  ],
}))

/** Distilled UNets, by their transformers' depth (ComfyUI, model_detection.py and supported_models.py). */
const distilled: readonly VariantRule[] = [
  {
    word: 'KOALA 1B',
    has: [
      [
        'input_blocks.5.1.transformer_blocks.5.attn2.to_k.weight',
        'down_blocks.2.attentions.0.transformer_blocks.5.attn2.to_k.weight',
      ],
    ],
    lacks: [
      'input_blocks.5.1.transformer_blocks.6.attn2.to_k.weight',
      'down_blocks.2.attentions.0.transformer_blocks.6.attn2.to_k.weight',
    ],
  },
  {
    word: 'KOALA 700M',
    has: [
      [
        'input_blocks.5.1.transformer_blocks.4.attn2.to_k.weight',
        'down_blocks.2.attentions.0.transformer_blocks.4.attn2.to_k.weight',
      ],
    ],
    lacks: [
      'input_blocks.5.1.transformer_blocks.5.attn2.to_k.weight',
      'down_blocks.2.attentions.0.transformer_blocks.5.attn2.to_k.weight',
    ],
  },
  { word: 'KOALA', has: ['input_blocks.3.1.transformer_blocks.0.attn2.to_k.weight'] },
  {
    word: 'SSD-1B',
    has: [
      [
        'input_blocks.7.1.transformer_blocks.3.attn2.to_k.weight',
        'down_blocks.2.attentions.0.transformer_blocks.3.attn2.to_k.weight',
      ],
    ],
    lacks: [
      'input_blocks.7.1.transformer_blocks.4.attn2.to_k.weight',
      'down_blocks.2.attentions.0.transformer_blocks.4.attn2.to_k.weight',
    ],
  },
  {
    word: 'Vega',
    has: [
      [
        'input_blocks.7.1.transformer_blocks.1.attn2.to_k.weight',
        'down_blocks.2.attentions.0.transformer_blocks.1.attn2.to_k.weight',
      ],
    ],
    lacks: [
      'input_blocks.7.1.transformer_blocks.2.attn2.to_k.weight',
      'down_blocks.2.attentions.0.transformer_blocks.2.attn2.to_k.weight',
    ],
  },
]
const unetPlaces = [
  'down_blocks.#.attentions.#.',
  'up_blocks.#.attentions.#.',
  'mid_block.attentions.#.',
  'input_blocks.#.#.',
  'output_blocks.#.#.',
  'middle_block.#.',
]

/** A UNet's layers, the width of its text embeddings and the widths of its attention. */
function unetLora(text: number, widths: readonly number[], depth: number): LoraLayers {
  const layers: Record<string, number | readonly number[] | null> = {
    conv_in: null,
    conv_out: null,
    'time_embedding.': null,
    'time_embed.': null,
    ...Object.fromEntries(unetPlaces.map((place) => [place, null])),
    'down_blocks.#.resnets.': null,
    'down_blocks.#.downsamplers.': null,
    'up_blocks.#.resnets.': null,
    'up_blocks.#.upsamplers.': null,
    'mid_block.resnets.': null,
    'out.': null,
  }
  for (const place of unetPlaces) {
    for (const part of ['to_q', 'to_k', 'to_v']) {
      layers[`${place}transformer_blocks.#.attn1.${part}`] = widths
      layers[`${place}transformer_blocks.#.attn2.${part}`] = part === 'to_q' ? widths : text
    }
    layers[`${place}proj_in`] = widths
    layers[`${place}transformer_blocks.#.ff.net.#.proj`] = widths
    layers[`${place}transformer_blocks.#.ff.net.#`] = widths.map((width) => 4 * width)
  }
  const blocks = Object.fromEntries(unetPlaces.map((place) => [`${place}transformer_blocks.`, depth]))
  return { layers, blocks }
}

/** Text encoders in the names of kohya (`lora_te…`) and diffusers. */
function clipLora(names: readonly string[], width: number): Record<string, number | null> {
  return Object.fromEntries(
    names.flatMap((name) => [
      [`${name}.text_model.`, null],
      ...['q', 'k', 'v', 'out'].map((part) => [
        `${name}.text_model.encoder.layers.#.self_attn.${part}_proj`,
        width,
      ]),
      [`${name}.text_model.encoder.layers.#.mlp.fc1`, width],
      [`${name}.text_model.encoder.layers.#.mlp.fc2`, 4 * width],
    ]),
  ) as Record<string, number | null>
}

const withLayers = (lora: LoraLayers, more: LoraLayers['layers']): LoraLayers => ({
  ...lora,
  layers: { ...lora.layers, ...more },
})

const mmdit = (name: string, width: number) =>
  Object.fromEntries(
    ['x_block', 'context_block'].flatMap((block) => [
      [`joint_blocks.#.${block}.${name}.qkv`, width],
      [`joint_blocks.#.${block}.${name}.proj`, width],
    ]),
  )

/** SD3's transformer with its own names and those of diffusers. */
function sd3Lora(width: readonly number[], blocks: number | readonly number[]): LoraLayers {
  const modulations = width.length === 1 ? [6 * 1536] : [9 * 1536, 6 * 2432]
  const attentionParts = ['to_q', 'to_k', 'to_v', 'to_out.#', 'add_q_proj', 'add_k_proj', 'add_v_proj']
  return {
    layers: {
      ...Object.fromEntries(
        ['x_block', 'context_block'].flatMap((block) => [
          [`joint_blocks.#.${block}.mlp.fc1`, width],
          [`joint_blocks.#.${block}.mlp.fc2`, width.map((one) => 4 * one)],
          [`joint_blocks.#.${block}.adaLN_modulation.#`, width],
        ]),
      ),
      ...Object.fromEntries(Object.keys(mmdit('attn', 0)).map((name) => [name, width])),
      ...Object.fromEntries(
        [...attentionParts, 'to_add_out'].map((part) => [`transformer_blocks.#.attn.${part}`, width]),
      ),
      'transformer_blocks.#.ff.net.#.proj': width,
      'transformer_blocks.#.ff.net.#': width.map((one) => 4 * one),
      'transformer_blocks.#.ff_context.net.#.proj': width,
      'transformer_blocks.#.ff_context.net.#': width.map((one) => 4 * one),
      'transformer_blocks.#.norm1.linear': width,
      'transformer_blocks.#.norm1_context.linear': width,
      ...clipLora(['te1', 'text_encoder'], 768),
      ...clipLora(['te2', 'text_encoder_2'], 1280),
      'te3.': null,
      'text_encoder_3.': null,
    },
    // The first blocks of SD3.5 Medium have a second attention, which needs three more modulations.
    outputs: {
      'joint_blocks.#.x_block.adaLN_modulation.#': modulations,
      'transformer_blocks.#.norm1.linear': modulations,
    },
    blocks: { 'joint_blocks.': blocks, 'transformer_blocks.': blocks },
  }
}

/** Stability AI's image and video models (ComfyUI, model_detection.py; kohya, networks/lora.py). */
export const stableDiffusion: readonly BaseModel[] = [
  {
    base: 'SVD',
    layouts: [
      {
        has: [
          [
            'input_blocks.1.1.time_stack.0.attn1.to_q.weight',
            'input_blocks.2.1.time_stack.0.attn1.to_q.weight',
          ],
        ],
      },
      {
        has: [
          [
            'input_blocks.4.1.time_stack.0.attn1.to_q.weight',
            'input_blocks.1.1.time_mix_blocks.0.attn1.to_q.weight',
          ],
        ],
      },
      { has: ['down_blocks.0.attentions.0.temporal_transformer_blocks.0.attn1.to_q.weight'] },
    ],
    classes: ['StableVideoDiffusion', 'UNetSpatioTemporal'],
    architectures: ['stable-video-diffusion', 'svd'],
  },
  {
    base: 'Kolors',
    layouts: [
      { has: ['encoder_hid_proj.weight', 'conv_in.weight'] },
      { has: ['input_blocks.0.0.weight'], shapes: [['label_emb.0.0.weight', [null, 5632]]] },
    ],
    variants: [inputs],
    classes: ['Kolors'],
    architectures: ['kolors'],
  },
  {
    base: 'SD3.5',
    layouts: [
      { has: ['joint_blocks.0.context_block.attn.qkv.weight', 'joint_blocks.0.context_block.attn.ln_q.'] },
      {
        has: [
          'transformer_blocks.0.attn.add_q_proj.weight',
          'pos_embed.proj.weight',
          'transformer_blocks.0.attn.norm_q.weight',
        ],
      },
    ],
    // The width is the number of blocks times 64.
    variants: [
      [
        {
          word: 'Medium',
          has: [['joint_blocks.0.x_block.attn2.qkv.weight', 'transformer_blocks.0.attn2.to_q.weight']],
        },
        { word: 'Medium', shapes: [[['x_embedder.proj.weight', 'pos_embed.proj.weight'], [1536]]] },
        { word: 'Large', shapes: [[['x_embedder.proj.weight', 'pos_embed.proj.weight'], [2432]]] },
      ],
    ],
    lora: withLayers(sd3Lora([1536, 2432], [24, 38]), {
      'transformer_blocks.#.attn2.to_q': 1536,
      'transformer_blocks.#.attn2.to_k': 1536,
      'transformer_blocks.#.attn2.to_v': 1536,
      'transformer_blocks.#.attn2.to_out.#': 1536,
      'joint_blocks.#.x_block.attn2.qkv': 1536,
      'joint_blocks.#.x_block.attn2.proj': 1536,
    }),
    classes: ['StableDiffusion3', 'SD3'],
    architectures: ['stable-diffusion-3-5', 'stable-diffusion-v3-5', 'sd3-5', 'sd-3-5'],
  },
  {
    base: 'SD3',
    layouts: [
      { has: ['joint_blocks.0.context_block.attn.qkv.weight'] },
      { has: ['transformer_blocks.0.attn.add_q_proj.weight', 'pos_embed.proj.weight'] },
    ],
    variants: [[{ word: 'Medium', shapes: [[['x_embedder.proj.weight', 'pos_embed.proj.weight'], [1536]]] }]],
    lora: sd3Lora([1536], 24),
    classes: ['StableDiffusion3', 'SD3'],
    architectures: ['stable-diffusion-3', 'stable-diffusion-v3', 'sd3', 'sd-3'],
  },
  {
    base: 'SDXL refiner',
    layouts: unetOf(1280),
    lora: withLayers(unetLora(1280, [768, 1536], 4), clipLora(['te', 'text_encoder'], 1280)),
    architectures: ['stable-diffusion-xl-v1-refiner', 'sdxl-refiner', 'sd-xl-refiner'],
  },
  {
    base: 'SDXL',
    layouts: unetOf(2048),
    variants: [inputs, distilled],
    lora: withLayers(unetLora(2048, [640, 1280], 10), {
      ...clipLora(['te1', 'text_encoder'], 768),
      ...clipLora(['te2', 'text_encoder_2'], 1280),
    }),
    classes: ['StableDiffusionXL'],
    architectures: ['stable-diffusion-xl', 'sdxl', 'pony', 'illustrious', 'noobai'],
  },
  {
    base: 'DynamiCrafter',
    // the noise and the image
    layouts: [{ has: ['init_attn.0.'], shapes: [['input_blocks.0.0.weight', [null, 8]]] }],
  },
  {
    base: 'SD2',
    layouts: unetOf(1024),
    variants: [
      inputs,
      [
        { word: 'SDXS', has: ['input_blocks.3.1.transformer_blocks.0.attn2.to_k.weight'] },
        { word: 'unCLIP', shapes: [['label_emb.0.0.weight', [null, [1536, 2048]]]] },
      ],
    ],
    lora: withLayers(unetLora(1024, [320, 640, 1280], 1), clipLora(['te', 'text_encoder'], 1024)),
    classes: ['StableDiffusion'],
    architectures: ['stable-diffusion-v2', 'stable-diffusion-2', 'sd2', 'sd-2', 'sd-v2'],
  },
  {
    base: 'SD1',
    layouts: unetOf(768),
    variants: [inputs, [{ word: 'SDXS', has: ['input_blocks.3.1.transformer_blocks.0.attn2.to_k.weight'] }]],
    lora: withLayers(unetLora(768, [320, 640, 1280], 1), clipLora(['te', 'text_encoder'], 768)),
    classes: ['StableDiffusion'],
    architectures: ['stable-diffusion-v1', 'stable-diffusion-1', 'sd1', 'sd-1', 'sd-v1'],
  },
  {
    base: 'Stable Cascade',
    layouts: [{ has: ['clf.1.weight', ['clip_txt_mapper.weight', 'clip_mapper.weight']] }],
    variants: [
      [
        { word: 'C lite', shapes: [['clip_txt_mapper.weight', [1536]]] },
        { word: 'C', has: ['clip_txt_mapper.weight'] },
        {
          word: 'B lite',
          shapes: [['down_blocks.1.0.channelwise.0.weight', [null, 576]]],
          has: ['clip_mapper.weight'],
        },
        { word: 'B', has: ['clip_mapper.weight'] },
      ],
    ],
    lora: {
      layers: {
        'prior_unet.': null,
        'prior_te.': null,
        ...Object.fromEntries(
          ['down_blocks.#.#.', 'up_blocks.#.#.'].flatMap((place) =>
            [
              'attention.',
              'kv_mapper.',
              'channelwise.',
              'depthwise',
              'mapper',
              'mapper_sca',
              'mapper_crp',
            ].map((part) => [place + part, null]),
          ),
        ),
        'down_downscalers.': null,
        'up_upscalers.': null,
        'down_repeat_mappers.': null,
        'up_repeat_mappers.': null,
      },
    },
    classes: ['StableCascade'],
    architectures: ['stable-cascade'],
  },
]
