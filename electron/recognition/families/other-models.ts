import type { BaseModel } from './family.ts'

/** Models for sound and 3D shapes (ComfyUI, model_detection.py). */
export const otherModels: readonly BaseModel[] = [
  {
    base: 'MiniMax Music 3',
    layouts: [{ has: ['cond_layer_logits', 'latent_conditioners.0.weight'] }],
    classes: ['MiniMaxMusic3'],
    architectures: ['minimax-music'],
  },
  {
    base: 'Stable Audio 3',
    layouts: [{ has: ['transformer.rotary_pos_emb.inv_freq', 'transformer.global_cond_embedder.0.weight'] }],
    classes: ['StableAudio3'],
    architectures: ['stable-audio-3'],
  },
  {
    base: 'Stable Audio',
    layouts: [
      { has: ['transformer.rotary_pos_emb.inv_freq'] },
      { has: ['to_cond_embed.0.weight', 'to_global_embed.0.weight'] },
      { has: ['global_proj.0.weight', 'cross_attention_proj.0.weight', 'timestep_proj.0.weight'] },
    ],
    lora: {
      layers: { 'transformer.layers.#.self_attn.to_qkv': null, 'transformer.layers.#.cross_attn.': null },
    },
    classes: ['StableAudio'],
    architectures: ['stable-audio'],
  },
  {
    base: 'ACE-Step 1.5',
    layouts: [
      { has: ['encoder.lyric_encoder.layers.0.input_layernorm.weight'] },
      { has: ['time_embed_r.linear_1.weight', 'proj_in_conv.weight'] },
    ],
    lora: {
      layers: {
        'layers.#.cross_attn.q_proj': null,
        'layers.#.cross_attn.k_proj': null,
        'layers.#.cross_attn.v_proj': null,
        'layers.#.cross_attn.o_proj': null,
        'layers.#.self_attn.q_proj': null,
        'layers.#.self_attn.k_proj': null,
        'layers.#.self_attn.v_proj': null,
        'layers.#.self_attn.o_proj': null,
      },
    },
    architectures: ['ace-step-1-5', 'acestep-1-5'],
  },
  {
    base: 'YuE2',
    layouts: [{ has: ['vae2llm.weight', 'llm2vae.weight', 'latent_pos_embed.pe'] }],
    architectures: ['yue2'],
  },
  {
    base: 'TRELLIS.2',
    layouts: [{ has: [['img2shape.t_embedder.mlp.0.weight', 'shape2txt.t_embedder.mlp.0.weight']] }],
    architectures: ['trellis'],
  },
  {
    base: 'Hunyuan3D',
    layouts: [
      { has: ['latent_in.weight'] },
      { has: ['t_embedder.mlp.2.weight', 'blocks.0.attn1.k_norm.weight'] },
    ],
    variants: [[{ word: '2.1', has: ['t_embedder.mlp.2.weight', 'blocks.0.attn1.k_norm.weight'] }]],
    architectures: ['hunyuan3d'],
  },
  {
    base: 'TripoSplat',
    layouts: [{ has: ['cam_out_layer.weight', 'repo_layers.0.final_map.weight'] }],
    architectures: ['triposplat'],
  },
]
