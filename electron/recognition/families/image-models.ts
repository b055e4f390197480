import type { BaseModel } from './family.ts'
import {
  feedForward,
  hunyuanBlocks,
  hunyuanLayers,
  jointAttention,
  projections,
  selfAndCross,
  under,
} from './layers.ts'

/** Layers of Qwen-Image's transformer, also of families that were derived from it. */
const qwenLayers = (width: number) => ({
  ...jointAttention(width),
  ...under(['transformer_blocks.#.img_', 'transformer_blocks.#.txt_'], {
    ...feedForward('mlp.', width, 4 * width),
    'mod.#': width,
  }),
})

/**
 * Image models that aren't derived from Stable Diffusion or Flux (ComfyUI, model_detection.py and lora.py;
 * diffusers, models/transformers). The order counts where a later family has the same tensors.
 */
export const imageModels: readonly BaseModel[] = [
  {
    base: 'AuraFlow',
    layouts: [
      { has: ['double_layers.0.attn.w1q.weight'] },
      { has: ['joint_transformer_blocks.0.attn.add_k_proj.weight'] },
    ],
    lora: {
      layers: {
        'double_layers.': null,
        'single_layers.': null,
        'joint_transformer_blocks.': null,
        ...projections('single_transformer_blocks.#.attn.', 'to_q to_k to_v to_out.#', 3072),
        'single_transformer_blocks.#.ff.': null,
      },
      blocks: { 'single_transformer_blocks.': 32 },
    },
    classes: ['AuraFlow'],
    architectures: ['auraflow', 'aura-flow'],
  },
  {
    base: 'Hunyuan-DiT',
    layouts: [
      { has: ['mlp_t5.0.weight'] },
      { has: ['text_embedder.linear_1.weight', 'blocks.0.attn2.to_q.weight', 'time_extra_emb.'] },
    ],
    lora: {
      layers: under(['blocks.#.'], {
        'attn1.Wqkv': 1408,
        'attn1.out_proj': 1408,
        'attn2.q_proj': 1408,
        'attn2.kv_proj': 1024,
        'attn2.out_proj': 1408,
        ...selfAndCross('', 1408, 1024),
        'mlp.fc1': 1408,
        'mlp.fc2': 6144,
        ...feedForward('ff.', 1408, 6144),
        skip_linear: 2816,
      }),
      blocks: { 'blocks.': 40 },
    },
    classes: ['HunyuanDiT'],
    architectures: ['hunyuan-dit', 'hunyuandit'],
  },
  {
    base: 'Hunyuan Image',
    layouts: [
      // The base and the refiner have the tensors of Hunyuan Video, but other patches: images have no time.
      {
        has: ['txt_in.individual_token_refiner.blocks.0.norm1.weight'],
        shapes: [['img_in.proj.weight', [null, 64]]],
        lacks: ['vision_in.proj.0.weight'],
      },
      {
        has: ['txt_in.individual_token_refiner.blocks.0.norm1.weight'],
        shapes: [['img_in.proj.weight', [null, 128]]],
        lacks: ['vision_in.proj.0.weight'],
      },
      {
        has: ['txt_in.individual_token_refiner.blocks.0.norm1.weight', 'byt5_in.'],
        lacks: ['vision_in.'],
      },
      { has: ['context_embedder.token_refiner.'], shapes: [['x_embedder.proj.weight', [[3584, 3328]]]] },
    ],
    variants: [
      [
        {
          word: 'refiner',
          shapes: [
            [
              ['img_in.proj.weight', 'x_embedder.proj.weight'],
              [null, 128],
            ],
          ],
        },
      ],
    ],
    lora: {
      layers: hunyuanLayers([3584, 3328]),
      blocks: hunyuanBlocks,
      sizes: { 3328: 'refiner' },
    },
    classes: ['HunyuanImage'],
    architectures: ['hunyuan-image', 'hunyuanimage'],
  },
  {
    base: 'Lens',
    layouts: [
      { has: ['transformer_blocks.0.attn.norm_added_q.weight', 'transformer_blocks.0.img_mlp.w1.weight'] },
    ],
    lora: { layers: { 'transformer_blocks.#.img_mlp.w1': null, 'transformer_blocks.#.img_mlp.w3': null } },
    classes: ['Lens'],
    architectures: ['lens-'],
  },
  {
    base: 'Mage-Flow',
    layouts: [
      {
        shapes: [
          ['txt_norm.weight', [2560]],
          ['proj_out.weight', [128]],
        ],
      },
    ],
    classes: ['MageFlow'],
    architectures: ['mage-flow'],
  },
  {
    base: 'Nucleus-Image',
    layouts: [{ has: ['txt_norm.weight', 'transformer_blocks.3.img_mlp.experts.'] }],
    classes: ['NucleusMoEImage'],
    architectures: ['nucleus'],
  },
  {
    base: 'Qwen-Image 2.1',
    layouts: [
      { has: ['txt_in.text_norm.weight', 'modulation.1.weight', 'transformer_blocks.0.attn.norm_q.weight'] },
    ],
    lora: {
      layers: {
        'transformer_blocks.#.img_mlp.gate_layer': null,
        'transformer_blocks.#.img_mlp.proj': null,
        'transformer_blocks.#.img_mlp.gate_up': null,
      },
    },
    architectures: ['qwen-image-2-1'],
  },
  {
    base: 'Qwen-Image',
    layouts: [
      {
        has: ['txt_norm.weight', 'img_in.weight', 'transformer_blocks.'],
        lacks: ['context_embedder.weight', 'double_blocks.'],
      },
    ],
    variants: [
      [
        { word: 'Edit 2511', has: ['__index_timestep_zero__'] },
        { word: 'Layered', has: ['time_text_embed.addition_t_embedding.weight'] },
      ],
    ],
    lora: {
      layers: { ...qwenLayers(3072), img_in: 64, txt_in: 3584, proj_out: 3072, 'norm_out.linear': 3072 },
      blocks: { 'transformer_blocks.': 60 },
    },
    classes: ['QwenImage'],
    architectures: ['qwen-image', 'qwen'],
  },
  {
    base: 'HiDream-O1',
    layouts: [{ has: ['t_embedder1.mlp.0.weight', 'x_embedder.proj1.weight'] }],
    lora: {
      layers: {
        'language_model.layers.#.self_attn.': null,
        'language_model.layers.#.mlp.': null,
        't_embedder1.': null,
        'x_embedder.proj1': null,
        'x_embedder.proj2': null,
        'final_layer2.': null,
      },
    },
    classes: ['HiDreamO1'],
    architectures: ['hidream-o1'],
  },
  {
    base: 'HiDream',
    layouts: [{ has: ['caption_projection.0.linear.weight'] }],
    lora: {
      layers: { 'double_stream_blocks.': null, 'single_stream_blocks.': null, 'caption_projection.': null },
    },
    classes: ['HiDream'],
    architectures: ['hidream'],
  },
  {
    base: 'SenseNova U1.5',
    layouts: [
      {
        has: [
          'fm_modules.vision_model_mot_gen.embeddings.patch_embedding.weight',
          'language_model.model.layers.0.self_attn.q_proj_mot_gen.weight',
        ],
      },
    ],
    architectures: ['sensenova'],
  },
  {
    base: 'ACE-Step',
    layouts: [{ has: ['genre_embedder.weight'] }],
    lora: {
      layers: {
        ...projections(
          'transformer_blocks.#.attn.',
          'to_q to_k to_v to_out.# add_q_proj add_k_proj add_v_proj',
          2560,
        ),
        ...projections('transformer_blocks.#.cross_attn.', 'to_q to_k to_v to_out.# add_q_proj', 2560),
        'transformer_blocks.#.cross_attn.': null,
        'transformer_blocks.#.ff.inverted_conv.': null,
        'transformer_blocks.#.ff.depth_conv.': null,
        'transformer_blocks.#.ff.point_conv.': null,
        genre_embedder: null,
        speaker_embedder: null,
        'lyric_encoder.': null,
        lyric_proj: null,
      },
      blocks: { 'transformer_blocks.': 24 },
    },
    classes: ['ACEStep'],
    architectures: ['ace-step'],
  },
  {
    base: 'PixArt',
    layouts: [
      // Sana and Open-Sora have it too.
      {
        has: ['t_block.1.weight'],
        lacks: ['attention_y_norm.weight', 'spatial_blocks.', 'blocks.0.attn_temp.'],
      },
      {
        has: ['pos_embed.proj.bias'],
        shapes: [['adaln_single.emb.timestep_embedder.linear_1.bias', [1152]]],
        lacks: ['temporal_transformer_blocks.'],
      },
    ],
    variants: [
      [
        {
          word: 'Alpha',
          has: [['ar_embedder.mlp.0.weight', 'adaln_single.emb.resolution_embedder.linear_1.weight']],
        },
      ],
    ],
    lora: {
      layers: {
        ...selfAndCross('transformer_blocks.#.', 1152, 1152),
        ...feedForward('transformer_blocks.#.ff.', 1152, 4608),
        'blocks.#.cross_attn.q_linear': 1152,
        'blocks.#.cross_attn.kv_linear': 1152,
        'blocks.#.attn.qkv': 1152,
        'blocks.#.mlp.fc1': 1152,
        'blocks.#.mlp.fc2': 4608,
        'adaln_single.': null,
        'caption_projection.linear_1': null,
        'caption_projection.linear_2': null,
      },
      blocks: { 'transformer_blocks.': 28, 'blocks.': 28 },
    },
    classes: ['PixArt'],
    architectures: ['pixart'],
  },
  {
    base: 'Sana',
    layouts: [
      { has: ['blocks.0.cross_attn.q_linear.weight', 'attention_y_norm.weight'] },
      { has: ['caption_norm.weight', 'transformer_blocks.0.ff.conv_inverted.weight'] },
    ],
    lora: {
      layers: {
        ...selfAndCross('transformer_blocks.#.', [1152, 2240], null),
        'transformer_blocks.#.ff.conv_inverted': null,
        'transformer_blocks.#.ff.conv_depth': null,
        'transformer_blocks.#.ff.conv_point': null,
      },
    },
    classes: ['Sana'],
    architectures: ['sana'],
  },
  {
    base: 'PiD',
    layouts: [{ has: ['lq_proj.latent_proj.0.weight'] }],
    architectures: ['pid-'],
  },
  {
    base: 'PixelDiT',
    layouts: [
      { has: ['core.pixel_embedder.proj.weight'] },
      { has: ['pixel_embedder.proj.weight', 'pixel_blocks.'] },
    ],
    architectures: ['pixeldit'],
  },
  {
    base: 'OmniGen',
    layouts: [
      { has: ['input_x_embedder.proj.weight', 'llm.layers.0.self_attn.qkv_proj.weight'] },
      { has: ['patch_embedding.input_image_proj.weight', 'time_token.linear_1.weight'] },
    ],
    classes: ['OmniGen'],
    architectures: ['omnigen'],
  },
  {
    base: 'Ideogram 4',
    layouts: [{ has: ['embed_image_indicator.weight'] }],
    lora: {
      layers: {
        ...projections('layers.#.attention.', 'to_q to_k to_v to_out.# qkv o', 4608),
        ...projections('layers.#.feed_forward.', 'w1 w3', 4608),
        'layers.#.feed_forward.w2': null,
        'layers.#.adaln_modulation': null,
      },
    },
    classes: ['Ideogram4'],
    architectures: ['ideogram-4', 'ideogram4'],
  },
  {
    base: 'Krea 2',
    layouts: [
      { has: ['txtfusion.projector.weight'] },
      { has: ['text_fusion.projector.weight', 'time_mod_proj.weight'] },
    ],
    lora: {
      layers: {
        ...projections('blocks.#.attn.', 'wq wk wv wo gate', 6144),
        ...projections('blocks.#.mlp.', 'gate up', 6144),
        'blocks.#.mlp.down': null,
        ...projections('transformer_blocks.#.attn.', 'to_q to_k to_v to_out.# to_gate', 6144),
        ...projections('transformer_blocks.#.ff.', 'gate up', 6144),
        'transformer_blocks.#.ff.down': null,
        'txtfusion.': null,
        'text_fusion.': null,
      },
    },
    classes: ['Krea2'],
    architectures: ['krea-2', 'krea2'],
  },
  {
    base: 'ERNIE-Image',
    layouts: [{ has: ['layers.0.mlp.linear_fc2.weight'] }],
    lora: {
      layers: {
        'layers.#.self_attention.': null,
        'layers.#.mlp.linear_fc2': null,
        'layers.#.mlp.gate_proj': null,
        'layers.#.mlp.up_proj': null,
      },
    },
    classes: ['ErnieImage'],
    architectures: ['ernie-image'],
  },
  {
    base: 'JoyImage',
    layouts: [
      {
        has: ['double_blocks.0.attn.img_attn_qkv.weight', 'condition_embedder.time_embedder.linear_1.weight'],
      },
    ],
    lora: {
      layers: { 'double_blocks.#.attn.img_attn_qkv': null, 'double_blocks.#.attn.txt_attn_qkv': null },
    },
    classes: ['JoyImage'],
    architectures: ['joyimage', 'joy-image'],
  },
  {
    base: 'CogView4',
    layouts: [
      {
        has: [
          'time_condition_embed.timestep_embedder.linear_1.weight',
          'transformer_blocks.0.attn1.to_q.weight',
        ],
        shapes: [['patch_embed.text_proj.weight', [4096]]],
      },
    ],
    lora: {
      layers: {
        ...projections('transformer_blocks.#.attn1.', 'to_q to_k to_v to_out.#', 4096),
        ...feedForward('transformer_blocks.#.ff.', 4096, 16_384),
        'transformer_blocks.#.norm1.linear': null,
      },
      blocks: { 'transformer_blocks.': 28 },
    },
    classes: ['CogView4'],
    architectures: ['cogview4', 'cogview-4'],
  },
  {
    base: 'CogView3',
    layouts: [
      {
        has: [
          'time_condition_embed.timestep_embedder.linear_1.weight',
          'transformer_blocks.0.attn1.to_q.weight',
        ],
        shapes: [['patch_embed.text_proj.weight', [2560]]],
      },
    ],
    lora: {
      layers: {
        ...projections('transformer_blocks.#.attn1.', 'to_q to_k to_v to_out.#', 2560),
        ...feedForward('transformer_blocks.#.ff.', 2560, 10_240),
        'transformer_blocks.#.norm1.linear': null,
      },
      blocks: { 'transformer_blocks.': 30 },
    },
    classes: ['CogView3'],
    architectures: ['cogview3', 'cogview-3'],
  },
  {
    base: 'GLM-Image',
    layouts: [{ has: ['prior_token_embedding.weight', 'glyph_projector.net.0.proj.weight'] }],
    classes: ['GlmImage'],
    architectures: ['glm-image'],
  },
  {
    base: 'PRX',
    layouts: [{ has: ['blocks.0.attention.img_qkv_proj.weight', 'blocks.0.attention.txt_kv_proj.weight'] }],
    lora: { layers: { 'blocks.#.attention.img_qkv_proj': null, 'blocks.#.attention.txt_kv_proj': null } },
    classes: ['PRX'],
    architectures: ['prx'],
  },
]
