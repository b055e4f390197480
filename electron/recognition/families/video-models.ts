import type { BaseModel, LoraLayers, ShapeRules, VariantRule } from './family.ts'
import {
  feedForward,
  hunyuanBlocks,
  hunyuanDiffusersLayers,
  hunyuanLayers,
  plainOutputs,
  projections,
  selfAndCross,
} from './layers.ts'

const sizes: readonly VariantRule[] = (
  [
    ['1.3B', 1536],
    ['5B', 3072],
    ['14B', 5120],
  ] as const
).map(([word, width]) => ({
  word,
  shapes: [[['patch_embedding.weight', 'vace_patch_embedding.weight'], [width]]],
}))
const inputs = (size: number | null, channels: number | readonly number[]): ShapeRules => [
  ['patch_embedding.weight', [size, channels]],
]
/** The image embedding of Wan 2.1, in its own names and those of diffusers. */
const imageEmbedding = ['img_emb.proj.0.bias', 'img_emb.proj.', 'condition_embedder.image_embedder.']
const ownPurposes = [
  'vace_patch_embedding.weight',
  'face_adapter.',
  'control_adapter.',
  'casual_audio_encoder.',
  'audio_proj.',
  'patch_embedding_mask.weight',
  'patch_embedding_pose.weight',
  'patch_embedding_global.weight',
]

/**
 * Only 5B is in Wan 2.2 alone, and 1.3B in Wan 2.1 alone. Of 14B with an image as input, Wan 2.1 has an image
 * embedding.
 */
const versions: readonly VariantRule[] = [
  { word: '2.2', shapes: [['patch_embedding.weight', [3072]]] },
  { word: '', has: [ownPurposes] },
  { word: '2.1', shapes: [['patch_embedding.weight', [1536]]] },
  { word: '2.2', shapes: inputs(5120, 52) },
  { word: '2.1', shapes: inputs(5120, [36, 48]), has: [imageEmbedding] },
  { word: '2.2', shapes: inputs(5120, 36) },
]

/** By its own tensors, or by the input: 16 or 48 latent channels, and a mask and an image or control images. */
const purposes: readonly VariantRule[] = [
  // what VACE adds to a model, which is in a file of its own
  { word: 'VACE module', has: ['vace_patch_embedding.weight'], lacks: ['patch_embedding.weight'] },
  { word: 'VACE', has: ['vace_patch_embedding.weight'] },
  { word: 'Animate', has: ['face_adapter.'] },
  { word: 'camera', has: ['control_adapter.'] },
  { word: 'S2V', has: ['casual_audio_encoder.'] },
  { word: 'HuMo', has: ['audio_proj.'] },
  { word: 'SCAIL-2', has: ['patch_embedding_mask.weight'] },
  { word: 'SCAIL', has: ['patch_embedding_pose.weight'] },
  { word: 'WanDancer', has: ['patch_embedding_global.weight'] },
  { word: 'FLF2V', has: ['img_emb.emb_pos'] },
  { word: 'control', shapes: inputs(5120, [48, 52]) },
  { word: 'control', shapes: inputs(1536, 48) },
  { word: 'control', shapes: inputs(3072, 148) },
  { word: 'TI2V', shapes: inputs(3072, 48) },
  { word: 'I2V', shapes: inputs(3072, 100) },
  { word: 'I2V', shapes: inputs(null, 36) },
  { word: 'T2V', shapes: inputs(null, 16) },
]

const wanWidths = [1536, 3072, 5120]
const wanLora: LoraLayers = {
  layers: {
    ...projections('blocks.#.self_attn.', 'q k v o', wanWidths),
    ...projections('blocks.#.cross_attn.', 'q k v o', wanWidths),
    ...projections('blocks.#.cross_attn.', 'k_img v_img', wanWidths),
    'blocks.#.ffn.#': [...wanWidths, 8960, 13_824, 14_336],
    ...selfAndCross('blocks.#.', wanWidths, null),
    'blocks.#.attn2.add_k_proj': wanWidths,
    'blocks.#.attn2.add_v_proj': wanWidths,
    'blocks.#.ffn.net.#.proj': wanWidths,
    'blocks.#.ffn.net.#': null,
    'blocks.#.modulation': null,
    'blocks.#.norm3': null,
    'blocks.#.cross_attn.norm_k_img': null,
    patch_embedding: null,
    'text_embedding.#': null,
    'time_embedding.#': null,
    'time_projection.#': null,
    'img_emb.proj.#': null,
    'head.head': wanWidths,
    'vace_blocks.': null,
    'condition_embedder.': null,
  },
  blocks: { 'blocks.': [30, 40] },
  sizes: { 1536: '1.3B', 3072: '5B', 5120: '14B' },
}

const cosmosLayers = (widths: readonly number[]) => ({
  ...projections('blocks.#.self_attn.', 'q_proj k_proj v_proj output_proj', widths),
  ...projections('blocks.#.cross_attn.', 'q_proj output_proj', widths),
  ...projections('blocks.#.cross_attn.', 'k_proj v_proj', [1024, ...widths]),
  'blocks.#.mlp.layer1': widths,
  'blocks.#.mlp.layer2': null,
  'blocks.#.adaln_modulation_self_attn.#': null,
  'blocks.#.adaln_modulation_cross_attn.#': null,
  'blocks.#.adaln_modulation_mlp.#': null,
  ...selfAndCross('transformer_blocks.#.', widths, 1024),
  'final_layer.linear': null,
  't_embedder.#.linear_1': widths,
  't_embedder.#.linear_2': widths,
})

/** Anima's text encoder is Qwen3-0.6B, 1024 wide; no other family has it. */
const qwen06B = Object.fromEntries(
  ['te.layers.', 'te.model.layers.'].flatMap((start) => [
    [start, null],
    [`${start}#.self_attn.q_proj`, 1024],
    [`${start}#.mlp.gate_proj`, 1024],
  ]),
)

/** Video models (ComfyUI, model_detection.py and lora.py; diffusers, models/transformers). */
export const videoModels: readonly BaseModel[] = [
  {
    base: 'FramePack',
    layouts: [{ has: ['clean_x_embedder.proj.weight'] }],
    lora: {
      layers: { ...hunyuanDiffusersLayers([3072]), 'clean_x_embedder.': null, 'image_projection.': null },
      blocks: hunyuanBlocks,
      outputs: plainOutputs(12_288),
    },
    classes: ['HunyuanVideoFramepack'],
    architectures: ['framepack'],
  },
  {
    base: 'Hunyuan Video 1.5',
    layouts: [
      {
        has: [
          'txt_in.individual_token_refiner.blocks.0.norm1.weight',
          'cond_type_embedding.weight',
          'vision_in.',
        ],
      },
      { has: ['x_embedder.proj.weight', 'cond_type_embed.weight', 'image_embedder.'] },
    ],
    lora: {
      layers: hunyuanLayers([2048]),
      blocks: { 'double_blocks.': 54, 'transformer_blocks.': 54 },
    },
    classes: ['HunyuanVideo15'],
    architectures: ['hunyuan-video-1-5', 'hunyuanvideo-1-5'],
  },
  {
    base: 'Hunyuan Video',
    layouts: [
      { has: ['txt_in.individual_token_refiner.blocks.0.norm1.weight'] },
      { has: ['x_embedder.proj.weight', 'context_embedder.token_refiner.'] },
    ],
    variants: [
      // latents, a mask and an image
      [
        { word: 'I2V', shapes: [['img_in.proj.weight', [null, 33]]] },
        { word: 'SkyReels I2V', shapes: [['img_in.proj.weight', [null, 32]]] },
      ],
    ],
    lora: { layers: hunyuanLayers([3072]), blocks: hunyuanBlocks, outputs: plainOutputs(12_288) },
    classes: ['HunyuanVideo', 'HunyuanSkyreels'],
    architectures: ['hunyuan-video', 'hunyuanvideo'],
  },
  {
    base: 'Mochi',
    layouts: [
      { has: ['t5_yproj.weight'] },
      { has: ['time_embed.caption_proj.weight', 'transformer_blocks.0.attn1.add_q_proj.weight'] },
    ],
    lora: {
      layers: {
        ...projections('blocks.#.attn.', 'qkv_x proj_x', 3072),
        'blocks.#.attn.qkv_y': 1536,
        'blocks.#.attn.proj_y': null,
        'blocks.#.mlp_x.': null,
        'blocks.#.mlp_y.': null,
        ...projections('transformer_blocks.#.attn1.', 'to_q to_k to_v to_out.#', 3072),
        ...projections('transformer_blocks.#.attn1.', 'add_q_proj add_k_proj add_v_proj', 1536),
        'transformer_blocks.#.attn1.to_add_out': null,
        ...feedForward('transformer_blocks.#.ff.', 3072, null),
        ...feedForward('transformer_blocks.#.ff_context.', 1536, null),
      },
      blocks: { 'blocks.': 48, 'transformer_blocks.': 48 },
    },
    classes: ['Mochi'],
    architectures: ['mochi'],
  },
  {
    base: 'MiniMax H3',
    layouts: [
      { has: ['video_patch_proj.weight', 'audio_patch_proj.weight'] },
      { has: ['audio_proj_in.weight', 'audio_proj_out.weight', 'context_embedder.weight'] },
    ],
    lora: {
      layers: {
        'blocks.#.attn.qkv_proj': 5376,
        'blocks.#.attn.out_proj': null,
        'blocks.#.mlp.fc1': 5376,
        'blocks.#.mlp.fc2': null,
        ...projections('transformer_blocks.#.attn.', 'to_q to_k to_v', 5376),
        ...feedForward('transformer_blocks.#.ff.', 5376, 14_336),
        'transformer_blocks.#.adaln_proj.linear': null,
        'token_refiner.': null,
      },
      blocks: { 'blocks.': 50, 'transformer_blocks.': 50 },
    },
    classes: ['MiniMaxH3'],
    architectures: ['minimax-h3'],
  },
  {
    base: 'LTX-Video',
    layouts: [
      {
        has: ['adaln_single.emb.timestep_embedder.linear_1.bias', 'patchify_proj.weight'],
        lacks: ['pos_embed.proj.bias'],
      },
      { has: ['scale_shift_table', 'time_embed.emb.timestep_embedder.linear_1.bias', 'proj_in.weight'] },
      { has: ['adaln_single.emb.timestep_embedder.linear_1.bias'], lacks: ['pos_embed.proj.bias'] },
    ],
    variants: [
      [
        {
          word: 'with sound',
          has: [['audio_adaln_single.linear.weight', 'audio_adaln_single.', 'audio_time_embed.']],
        },
      ],
    ],
    lora: [ltxLora(2048, 28), ltxLora(4096, 48)],
    classes: ['LTX'],
    architectures: ['ltx', 'ltxv'],
  },
  {
    base: 'Cosmos',
    layouts: [
      {
        has: [
          'patch_embed.proj.weight',
          'learnable_pos_embed.pos_emb_t',
          'time_embed.t_embedder.linear_1.weight',
        ],
      },
      { has: ['blocks.block0.blocks.0.block.attn.to_q.0.weight'] },
    ],
    lora: {
      layers: {
        'blocks.block0.blocks.': null,
        'blocks.block1.blocks.': null,
        't_embedder.#.linear_1': [4096, 5120],
        't_embedder.#.linear_2': [4096, 5120],
      },
    },
    architectures: ['cosmos-1'],
  },
  {
    base: 'CogVideoX',
    layouts: [
      { has: ['blocks.0.norm1.linear.weight'] },
      { has: ['transformer_blocks.0.norm1.linear.weight', 'patch_embed.text_proj.weight'] },
    ],
    lora: {
      layers: {
        ...projections('transformer_blocks.#.attn1.', 'to_q to_k to_v to_out.#', [1920, 3072]),
        'transformer_blocks.#.norm1.linear': 512,
        'transformer_blocks.#.norm2.linear': 512,
        ...feedForward('transformer_blocks.#.ff.', [1920, 3072], [7680, 12_288]),
      },
      blocks: { 'transformer_blocks.': [30, 42] },
    },
    classes: ['CogVideoX', 'ConsisID'],
    architectures: ['cogvideox'],
  },
  {
    base: 'SeedVR2',
    layouts: [
      { shapes: [['blocks.35.mlp.vid.proj_out.weight', [3072]]] },
      { has: [['blocks.35.mlp.all.proj_in_gate.weight', 'blocks.31.mlp.all.proj_in_gate.weight']] },
    ],
    variants: [
      [
        { word: '7B', has: [['blocks.35.mlp.vid.proj_out.weight', 'blocks.35.mlp.all.proj_in_gate.weight']] },
        { word: '3B', has: ['blocks.31.mlp.all.proj_in_gate.weight'] },
      ],
    ],
    architectures: ['seedvr2'],
  },
  {
    base: 'Wan',
    layouts: [
      { has: ['head.modulation', 'patch_embedding.weight', 'blocks.0.self_attn.q.weight'] },
      { has: ['patch_embedding.weight', 'blocks.0.attn1.to_q.weight', 'condition_embedder.'] },
      // nunchaku and GGUF files whose first attention has another name
      {
        has: ['head.modulation', 'patch_embedding.weight', 'blocks.0.ffn.0.weight', 'blocks.0.self_attn.'],
        lacks: ['blocks.0.self_attn.q.lora_A.weight'],
      },
      { has: ['vace_patch_embedding.weight', 'vace_blocks.0.'] },
    ],
    variants: [versions, sizes, purposes],
    lora: wanLora,
    classes: ['Wan', 'SkyReelsV2', 'ChronoEdit', 'Lucy'],
    architectures: ['wan'],
  },
  {
    base: 'Anima',
    layouts: [{ has: ['blocks.0.mlp.layer1.weight', 'llm_adapter.'] }],
    lora: {
      layers: { ...cosmosLayers([2048]), 'llm_adapter.': null, ...qwen06B },
      blocks: { 'blocks.': 28, 'transformer_blocks.': 28 },
    },
    architectures: ['anima-'],
  },
  {
    base: 'Cosmos-Predict2',
    layouts: [
      { has: ['blocks.0.mlp.layer1.weight'] },
      {
        has: [
          'patch_embed.proj.weight',
          'time_embed.t_embedder.linear_1.weight',
          'transformer_blocks.0.attn1.to_q.weight',
        ],
      },
    ],
    variants: [[{ word: '14B', shapes: [['x_embedder.proj.1.weight', [5120]]] }]],
    lora: {
      layers: cosmosLayers([2048, 5120]),
      blocks: { 'blocks.': [28, 36], 'transformer_blocks.': [28, 36] },
    },
    classes: ['Cosmos2'],
    architectures: ['cosmos-2', 'cosmos-predict2', 'cosmos'],
  },
  {
    base: 'Kandinsky 6',
    layouts: [{ has: ['visual_embeddings.in_layer.weight', 'audio_embeddings.in_layer.weight'] }],
    lora: { layers: { 'visual_blocks.': null } },
    classes: ['Kandinsky6'],
    architectures: ['kandinsky-6', 'kandinsky6'],
  },
  {
    base: 'Kandinsky 5',
    layouts: [{ has: ['visual_transformer_blocks.0.cross_attention.key_norm.weight'] }],
    // by the width
    variants: [
      [
        { word: 'Lite image', shapes: [['visual_embeddings.in_layer.bias', [2560]]] },
        { word: 'Lite', shapes: [['visual_embeddings.in_layer.bias', [1792]]] },
        { word: 'Pro', shapes: [['visual_embeddings.in_layer.bias', [4096]]] },
      ],
    ],
    lora: { layers: { 'visual_transformer_blocks.': null, 'text_transformer_blocks.': null } },
    classes: ['Kandinsky5'],
    architectures: ['kandinsky-5', 'kandinsky5', 'kandinsky'],
  },
  {
    base: 'Allegro',
    layouts: [
      {
        has: ['pos_embed.proj.weight', 'adaln_single.emb.timestep_embedder.linear_1.weight'],
        shapes: [['caption_projection.linear_1.weight', [2304]]],
      },
    ],
    lora: {
      layers: selfAndCross('transformer_blocks.#.', 2304, 2304),
      blocks: { 'transformer_blocks.': 32 },
    },
    classes: ['Allegro'],
    architectures: ['allegro'],
  },
  {
    base: 'EasyAnimate',
    layouts: [{ has: ['text_proj_t5.0.weight', 'transformer_blocks.0.attn1.to_q.weight'] }],
    classes: ['EasyAnimate'],
    architectures: ['easyanimate'],
  },
  {
    base: 'Helios',
    layouts: [{ has: ['patch_short.weight', 'patch_long.weight'] }],
    classes: ['Helios'],
    architectures: ['helios'],
  },
]

/** LTX-Video has 2 or 13 billion parameters; LTX-2 is as wide as the latter and has layers for sound. */
function ltxLora(width: number, blocks: number): LoraLayers {
  const parts = ['audio_attn1', 'audio_attn2', 'audio_ff', 'audio_to_video_attn', 'video_to_audio_attn']
  return {
    layers: {
      ...selfAndCross('transformer_blocks.#.', width, width),
      ...feedForward('transformer_blocks.#.ff.', width, 4 * width),
      ...Object.fromEntries(parts.map((part) => [`transformer_blocks.#.${part}.`, null])),
      patchify_proj: 128,
      proj_in: 128,
      'adaln_single.': null,
    },
    blocks: { 'transformer_blocks.': blocks },
  }
}
