import type { BaseModel, TensorKey } from './family.ts'
import { doubleAndSingle, fluxBlocks, jointAttention, plainOutputs, under } from './layers.ts'

const norm: TensorKey = [
  'double_blocks.0.img_attn.norm.key_norm.scale',
  'double_blocks.0.img_attn.norm.key_norm.weight',
]
const clip = { 'te1.text_model.': null, 'text_encoder.text_model.': null }
const t5 = { 'te2.encoder.block.': null, 'te3.encoder.block.': null, 'text_encoder_2.encoder.block.': null }

/**
 * Flux and what was derived from it (ComfyUI, model_detection.py; diffusers, transformer_flux.py; kohya,
 * networks/lora_flux.py). Chroma has Flux.1's blocks without modulation.
 */
export const flux: readonly BaseModel[] = [
  {
    base: 'Chroma Radiance',
    layouts: [{ has: [norm, 'distilled_guidance_layer.', 'nerf_blocks.'] }],
    architectures: ['chroma-radiance', 'chroma1-radiance'],
  },
  {
    base: 'Chroma',
    layouts: [
      { has: [norm, 'distilled_guidance_layer.'] },
      {
        has: [
          'transformer_blocks.0.attn.to_q.weight',
          'distilled_guidance_layer.',
          'single_transformer_blocks.',
        ],
      },
    ],
    lora: {
      layers: {
        ...withoutModulation(doubleAndSingle(3072)),
        ...fluxBlocks(3072),
        'distilled_guidance_layer.': null,
        'final_layer.linear': 3072,
        ...t5,
      },
      outputs: plainOutputs(12_288),
      blocks: {
        'double_blocks.': 19,
        'single_blocks.': 38,
        'transformer_blocks.': 19,
        'single_transformer_blocks.': 38,
      },
    },
    classes: ['Chroma'],
    architectures: ['chroma'],
  },
  {
    base: 'Flux.2',
    layouts: [
      { has: ['img_in.weight', 'double_stream_modulation_img.lin.weight', norm] },
      {
        has: [['double_stream_modulation_img.linear.weight', 'double_stream_modulation_img.linear.qweight']],
      },
    ],
    variants: [
      [
        {
          word: 'dev',
          shapes: [
            [
              ['txt_in.weight', 'context_embedder.weight'],
              [null, 15_360],
            ],
          ],
        },
        {
          word: 'Klein 9B',
          shapes: [
            [
              ['txt_in.weight', 'context_embedder.weight'],
              [null, 12_288],
            ],
          ],
        },
        {
          word: 'Klein 4B',
          shapes: [
            [
              ['txt_in.weight', 'context_embedder.weight'],
              [null, 7680],
            ],
          ],
        },
      ],
    ],
    lora: flux2Lora(),
    classes: ['Flux2'],
    architectures: ['flux-2', 'flux2', 'klein'],
  },
  {
    base: 'Ovis-Image',
    layouts: [
      { has: [norm, 'double_blocks.0.img_mlp.gate_proj.weight', ['txt_norm.weight', 'txt_norm.scale']] },
      {
        has: [
          'context_embedder_norm.weight',
          'x_embedder.weight',
          'transformer_blocks.0.attn.add_q_proj.weight',
        ],
      },
    ],
    lora: {
      layers: {
        ...doubleAndSingle(3072, 12_288),
        'double_blocks.#.img_mlp.gate_proj': 3072,
        'double_blocks.#.img_mlp.up_proj': 3072,
        'double_blocks.#.img_mlp.down_proj': null,
      },
      blocks: { 'transformer_blocks.': 6, 'single_transformer_blocks.': 27, 'double_blocks.': 6 },
      outputs: {
        'transformer_blocks.#.ff.net.#.proj': 24_576,
        'transformer_blocks.#.ff_context.net.#.proj': 24_576,
        'single_transformer_blocks.#.proj_mlp': 24_576,
      },
    },
    classes: ['OvisImage'],
    architectures: ['ovis'],
  },
  {
    base: 'LongCat-Image',
    layouts: [
      {
        has: [norm, 'img_in.weight'],
        lacks: ['vector_in.in_layer.weight'],
        shapes: [['txt_in.weight', [null, 3584]]],
      },
      {
        has: ['time_embed.timestep_embedder.linear_1.weight', 'single_transformer_blocks.'],
        shapes: [['context_embedder.weight', [null, 3584]]],
      },
    ],
    lora: {
      layers: { ...doubleAndSingle(3072), ...fluxBlocks(3072), ...modulation(3072) },
      outputs: plainOutputs(12_288),
      blocks: {
        'double_blocks.': 10,
        'single_blocks.': 20,
        'transformer_blocks.': 10,
        'single_transformer_blocks.': 20,
      },
    },
    classes: ['LongCatImage'],
    architectures: ['longcat-image'],
  },
  {
    base: 'Bria',
    layouts: [
      {
        has: [
          'time_embed.timestep_embedder.linear_1.weight',
          'single_transformer_blocks.',
          'context_embedder.weight',
        ],
      },
    ],
    classes: ['Bria'],
    architectures: ['bria'],
  },
  {
    // Flux.1's blocks with a connector to its text encoder (stepfun-ai/Step1X-Edit, modules/model_edit.py)
    base: 'Step1X-Edit',
    layouts: [{ has: [norm, 'connector.'] }],
    classes: ['Step1XEdit'],
    architectures: ['step1x-edit'],
  },
  {
    base: 'Flux.1',
    layouts: [
      { has: ['img_in.weight', norm] },
      {
        has: ['x_embedder.weight', 'single_transformer_blocks.', 'transformer_blocks.'],
        lacks: ['joint_transformer_blocks.', 'noise_refiner.'],
      },
    ],
    // Only dev has distilled guidance. Wider input: a mask and an image (Fill), or one image (Canny, Depth).
    variants: [
      [
        {
          word: 'dev',
          has: [['guidance_in.in_layer.weight', 'guidance_in.', 'time_text_embed.guidance_embedder.']],
        },
        { word: 'schnell' },
      ],
      [
        {
          word: 'Fill',
          shapes: [
            [
              ['img_in.weight', 'x_embedder.weight'],
              [null, 384],
            ],
          ],
        },
        {
          word: 'Canny or Depth',
          shapes: [
            [
              ['img_in.weight', 'x_embedder.weight'],
              [null, 128],
            ],
          ],
        },
      ],
    ],
    lora: {
      layers: {
        ...doubleAndSingle(3072),
        ...fluxBlocks(3072),
        ...modulation(3072),
        // the names of XLabs
        ...under(['double_blocks.#.', 'single_blocks.#.'], { qkv: 3072, proj: null }),
        'single_blocks.#.linear1_qkv': 3072,
        img_in: [64, 128, 384],
        x_embedder: [64, 128, 384],
        txt_in: 4096,
        context_embedder: 4096,
        'vector_in.': null,
        'guidance_in.': null,
        'time_in.': null,
        'time_text_embed.': null,
        'norm_out.linear': 3072,
        proj_out: 3072,
        'final_layer.linear': 3072,
        'final_layer.adaLN_modulation.#': 3072,
        ...clip,
        ...t5,
      },
      outputs: plainOutputs(12_288),
      blocks: {
        'double_blocks.': 19,
        'single_blocks.': 38,
        'transformer_blocks.': 19,
        'single_transformer_blocks.': 38,
      },
    },
    classes: ['Flux'],
    architectures: ['flux'],
  },
]

function modulation(width: number) {
  return {
    'double_blocks.#.img_mod.lin': width,
    'double_blocks.#.txt_mod.lin': width,
    'single_blocks.#.modulation.lin': width,
  }
}

function withoutModulation(layers: Readonly<Record<string, number | readonly number[] | null>>) {
  return Object.fromEntries(
    Object.entries(layers).filter(([name]) => !/norm1?(_context)?\.linear$/.test(name)),
  )
}

/** dev, Klein 9B and Klein 4B are 6144, 4096 and 3072 wide; feed-forward layers are three times as wide. */
function flux2Lora() {
  const widths = [6144, 4096, 3072]
  const inner = widths.map((width) => 3 * width)
  return {
    layers: {
      ...jointAttention(widths),
      ...under(['double_blocks.#.img_', 'double_blocks.#.txt_'], {
        'attn.qkv': widths,
        'attn.proj': widths,
        'mlp.#': [...widths, ...inner],
      }),
      ...under(['transformer_blocks.#.ff.', 'transformer_blocks.#.ff_context.'], {
        linear_in: widths,
        linear_out: inner,
      }),
      'single_blocks.#.linear1': widths,
      'single_blocks.#.linear2': widths.map((width) => 4 * width),
      'single_transformer_blocks.#.attn.to_qkv_mlp_proj': widths,
      'single_transformer_blocks.#.attn.to_out': widths.map((width) => 4 * width),
      'double_stream_modulation_img.': null,
      'double_stream_modulation_txt.': null,
      'single_stream_modulation.': null,
      txt_in: [15_360, 12_288, 7680],
      context_embedder: [15_360, 12_288, 7680],
      img_in: 128,
      x_embedder: 128,
    },
    blocks: {
      'double_blocks.': [5, 8],
      'single_blocks.': [20, 24, 48],
      'transformer_blocks.': [5, 8],
      'single_transformer_blocks.': [20, 24, 48],
    },
  }
}
