import type { PartFamily, ShapeRules, TensorKey } from './family.ts'

const text = (base: string | undefined, rule: Omit<PartFamily, 'modelType' | 'base'>): PartFamily => ({
  modelType: 'text_encoders',
  ...(base === undefined ? {} : { base }),
  ...rule,
})
const vision = (base: string | undefined, rule: Omit<PartFamily, 'modelType' | 'base'>): PartFamily => ({
  modelType: 'clip_vision',
  ...(base === undefined ? {} : { base }),
  ...rule,
})
const audio = (base: string | undefined, ...has: readonly TensorKey[]): PartFamily => ({
  modelType: 'audio_encoders',
  ...(base === undefined ? {} : { base }),
  has,
})

/** Language models have their layers at the top or inside a multimodal model. */
const starts = ['model.', 'model.language_model.', 'language_model.model.'] as const
/** Names in llama.cpp (gguf-py, constants.py), which GGUF files have. */
const llamaNames: Readonly<Record<string, string>> = {
  'input_layernorm.weight': 'attn_norm.weight',
  'self_attn.q_norm.weight': 'attn_q_norm.weight',
  'self_attn.k_proj.bias': 'attn_k.bias',
  'self_attn.v_proj.weight': 'attn_v.weight',
  'mlp.gate_proj.weight': 'ffn_gate.weight',
  'mlp.gate.weight': 'ffn_gate_inp.weight',
  'post_feedforward_layernorm.weight': 'post_ffw_norm.weight',
}
function inLayer(end: string, layer = 0): TensorKey {
  const llamaName = llamaNames[end]
  return [
    ...starts.map((start) => `${start}layers.${layer}.${end}`),
    ...(llamaName === undefined ? [] : [`blk.${layer}.${llamaName}`]),
  ]
}

/** An image encoder beside the language model. */
const images: TensorKey = [
  'visual.blocks.0.attn.qkv.weight',
  'model.visual.blocks.0.attn.qkv.weight',
  'visual.patch_embed.proj.weight',
  'model.visual.patch_embed.proj.weight',
  'visual.',
  'model.visual.',
]

/** Of each model with its width, the multimodal one and the one for text alone. */
const withImages = (base: string, rule: Omit<PartFamily, 'modelType' | 'base'>): readonly PartFamily[] => [
  text(`${base}-VL`, { ...rule, has: [...(rule.has ?? []), images] }),
  text(base, rule),
]
const width = (size: number | readonly number[]): ShapeRules => [[inLayer('input_layernorm.weight'), [size]]]
/** The number of rows of the first feed-forward layer. */
const innerWidth = (size: number): ShapeRules => [[inLayer('mlp.gate_proj.weight'), [size]]]
const vocabulary = (sizes: readonly number[]): ShapeRules => [
  [[...starts.map((start) => `${start}embed_tokens.weight`), 'token_embd.weight'], [sizes]],
]
const layersOf = (count: number) => inLayer('self_attn.q_norm.weight', count - 1)

/**
 * Language models that image and video models use as text encoders, by the widths and layers that ComfyUI
 * tests (sd.py, detect_te_model).
 */
export const languageModels: readonly PartFamily[] = [
  // Models that generate images with a language model (ByteDance-Seed/Bagel, modeling/bagel/bagel.py)
  { modelType: 'diffusion_models', has: ['vae2llm.weight', 'llm2vae.weight'] },
  // with its VAE and image encoder (Tencent-Hunyuan/HunyuanImage-3.0, modeling_hunyuan_image_3.py)
  { modelType: 'diffusion_models', base: 'Hunyuan Image 3', has: ['model.wte.weight', 'patch_embed.'] },
  text('Ming-Image', { has: ['thinker.layers.1.mlp.image_gate.proj.weight'] }),
  text('T5Gemma', { has: ['model.encoder.layers.0.pre_self_attn_layernorm.weight'] }),
  text('Gemma-3-27B', { has: [inLayer('post_feedforward_layernorm.weight'), layersOf(62)] }),
  text('Gemma-4-31B', { has: [inLayer('post_feedforward_layernorm.weight'), layersOf(60)] }),
  text('Gemma-4-12B', {
    has: [inLayer('post_feedforward_layernorm.weight'), layersOf(48)],
    lacks: [inLayer('self_attn.v_proj.weight', 5)],
  }),
  text('Gemma-4-E4B', {
    has: [inLayer('post_feedforward_layernorm.weight'), layersOf(42)],
    lacks: [layersOf(48)],
  }),
  text('Gemma-4-E2B', {
    has: [inLayer('post_feedforward_layernorm.weight'), layersOf(35)],
    lacks: [layersOf(42)],
  }),
  text('Gemma-3-12B', { has: [inLayer('post_feedforward_layernorm.weight'), layersOf(48)] }),
  text('Gemma-3-4B', {
    has: [inLayer('post_feedforward_layernorm.weight'), inLayer('self_attn.q_norm.weight')],
    shapes: width(2560),
  }),
  text('Gemma-2-2B', {
    has: [inLayer('post_feedforward_layernorm.weight')],
    shapes: width(2304),
    lacks: [inLayer('self_attn.q_norm.weight')],
  }),
  text('Gemma', { has: [inLayer('post_feedforward_layernorm.weight')] }),
  text('GPT-OSS-20B', {
    has: [
      ['layers.0.self_attn.sinks', 'model.layers.0.self_attn.sinks'],
      [
        'layers.0.mlp.experts.gate_up_proj.weight',
        'model.layers.0.mlp.experts.gate_up_proj',
        'model.layers.0.mlp.experts.gate_up_proj_blocks',
      ],
    ],
  }),
  ...withImages('Qwen2.5-7B', { shapes: [[inLayer('self_attn.k_proj.bias'), [512]]] }),
  ...withImages('Qwen2.5-3B', { shapes: [[inLayer('self_attn.k_proj.bias'), [256]], ...width(2048)] }),
  ...(
    [
      ['Qwen3.5-0.8B', 1024],
      ['Qwen3.5-2B', 2048],
      ['Qwen3.5-4B', 2560],
      ['Qwen3.5-9B', 4096],
      ['Qwen3.5-27B', 5120],
    ] as const
  ).map(([base, size]) => text(base, { has: [inLayer('linear_attn.A_log')], shapes: width(size) })),
  // Mixtures of experts are as wide as smaller models.
  text(undefined, { has: [inLayer('self_attn.q_norm.weight'), inLayer('mlp.gate.weight')] }),
  ...withImages('Qwen3-14B', { has: [layersOf(40)], shapes: width(5120), lacks: [layersOf(41)] }),
  ...withImages('Qwen3-32B', { has: [layersOf(41)], shapes: width(5120) }),
  ...(
    [
      ['Qwen3-0.6B', 1024],
      ['Qwen3-1.7B', 2048],
      ['Qwen3-4B', 2560],
      ['Qwen3-8B', 4096],
    ] as const
  ).flatMap(([base, size]) =>
    withImages(base, { has: [inLayer('self_attn.q_norm.weight')], shapes: width(size) }),
  ),
  ...withImages('Qwen3', { has: [inLayer('self_attn.q_norm.weight')] }),
  text('Mistral-24B', { shapes: [...width(5120), ...innerWidth(32_768)] }),
  text('Ministral-3B', { shapes: [...width(3072), ...innerWidth(9216)] }),
  // Mistral 7B differs in its vocabulary only. LLaVA's has 64 tokens more.
  text('Llama-3-8B', {
    shapes: [...width(4096), ...innerWidth(14_336), ...vocabulary([128_256, 128_320])],
  }),
  text(undefined, { has: [starts.map((start) => `${start}layers.0.`)] }),
  text(undefined, { has: ['blk.0.attn_k.weight', 'token_embd.weight'] }),
]

const clipLayer = (layer: number): TensorKey => [
  `text_model.encoder.layers.${layer}.mlp.fc1.weight`,
  `text_model.encoder.layers.${layer}.self_attn.q_proj.weight`,
]

/** Text encoders other than language models; the largest first, because it has the others' layers too. */
export const textEncoders: readonly PartFamily[] = [
  text('CLIP-G', { has: [clipLayer(30)] }),
  text('CLIP-H', { has: [clipLayer(22)] }),
  text('Long-CLIP-L', {
    has: [clipLayer(0)],
    shapes: [['text_model.embeddings.position_embedding.weight', [248]]],
  }),
  text('CLIP-L', { has: [clipLayer(0)] }),
  text('CLIP-G', { has: [['transformer.resblocks.30.ln_1.weight']] }),
  text('CLIP-H', { has: [['transformer.resblocks.22.ln_1.weight']], lacks: ['visual.conv1.weight'] }),
  text('CLIP-L', { has: [['transformer.resblocks.0.ln_1.weight']], lacks: ['visual.conv1.weight'] }),
  text('Jina-CLIP-2', { has: ['model.encoder.layers.0.mixer.Wqkv.weight'] }),
  text('UMT5-XXL', {
    shapes: [
      ['encoder.block.23.layer.1.DenseReluDense.wi_1.weight', [10_240]],
      ['shared.weight', [256_384]],
    ],
  }),
  text('UMT5-XXL', {
    shapes: [
      ['enc.blk.23.ffn_up.weight', [10_240]],
      ['token_embd.weight', [256_384]],
    ],
  }),
  // the names of Wan's own code
  text('UMT5-XXL', {
    has: ['blocks.0.ffn.gate.0.weight', 'token_embedding.weight'],
    shapes: [['token_embedding.weight', [256_384]]],
  }),
  text('T5-XXL', {
    shapes: [[['encoder.block.23.layer.1.DenseReluDense.wi_1.weight', 'enc.blk.23.ffn_up.weight'], [10_240]]],
  }),
  // quantised by nunchaku
  text('T5-XXL', {
    has: ['encoder.block.23.layer.1.DenseReluDense.wi_1.qweight'],
    shapes: [
      [
        ['shared.weight', 'encoder.embed_tokens.weight'],
        [32_128, 4096],
      ],
    ],
  }),
  text('mT5-XL', {
    shapes: [
      ['encoder.block.23.layer.1.DenseReluDense.wi_1.weight', [5120]],
      ['shared.weight', [250_112]],
    ],
  }),
  text('T5-XL', {
    shapes: [[['encoder.block.23.layer.1.DenseReluDense.wi_1.weight', 'enc.blk.23.ffn_up.weight'], [5120]]],
  }),
  text(undefined, {
    has: [['encoder.block.23.layer.1.DenseReluDense.wi_1.weight', 'enc.blk.23.ffn_up.weight']],
  }),
  text('T5-XXL', { has: ['encoder.block.23.layer.1.DenseReluDense.wi.weight'] }),
  text('ByT5-small', { shapes: [['encoder.block.0.layer.0.SelfAttention.k.weight', [384]]] }),
  text('UMT5-base', {
    shapes: [
      ['encoder.block.0.layer.0.SelfAttention.k.weight', [768]],
      ['shared.weight', [256_384]],
    ],
  }),
  text('T5-base', {
    shapes: [
      ['encoder.block.0.layer.0.SelfAttention.k.weight', [768]],
      ['shared.weight', [32_128]],
    ],
  }),
  text(undefined, { has: ['encoder.block.0.layer.0.SelfAttention.k.weight'] }),
  text('BERT', {
    has: [
      [
        'bert.encoder.layer.0.attention.self.query.weight',
        'encoder.layer.0.attention.self.query.weight',
        'roberta.encoder.layer.0.attention.self.query.weight',
      ],
    ],
  }),
]

const visionLayer = (layer: number): TensorKey => `vision_model.encoder.layers.${layer}.layer_norm1.weight`

/** Image encoders (ComfyUI, clip_vision.py). */
export const visionEncoders: readonly PartFamily[] = [
  vision('SigLIP', { shapes: [[visionLayer(0), [1152]]] }),
  vision('CLIP-ViT-bigG', { has: [visionLayer(47)] }),
  vision('CLIP-ViT-H', { has: [visionLayer(30)] }),
  // 24 × 24 patches of 14 pixels and the class token: images of 336 instead of 224 pixels
  vision('CLIP-ViT-L-336', {
    has: [visionLayer(22)],
    shapes: [['vision_model.embeddings.position_embedding.weight', [577]]],
  }),
  vision('CLIP-ViT-L', { has: [visionLayer(22)] }),
  vision(undefined, { has: [visionLayer(0)] }),
  vision('OpenCLIP', { has: ['visual.transformer.resblocks.0.attn.in_proj_weight'] }),
  vision('DINOv2 giant', { has: ['encoder.layer.39.layer_scale2.lambda1'] }),
  vision('DINOv2 large', { has: ['encoder.layer.23.layer_scale2.lambda1'] }),
  vision('DINOv2', { has: ['encoder.layer.11.layer_scale2.lambda1'] }),
  vision('DINOv3 H', { has: ['layer.0.mlp.gate_proj.weight', 'layer.31.norm1.weight'] }),
  vision('DINOv3 large', { has: ['layer.23.attention.o_proj.bias'] }),
]

/** Audio encoders (ComfyUI, audio_encoders.py). */
export const audioEncoders: readonly PartFamily[] = [
  audio('wav2vec 2', [
    'feature_extractor.conv_layers.0.conv.weight',
    'wav2vec2.feature_extractor.conv_layers.0.conv.weight',
  ]),
  audio('SheetSage 2', 'encoder.feature_extractor.mel_mean', 'decoder.layernorm_embedding.weight'),
  audio('Whisper', [
    'model.encoder.embed_positions.weight',
    'encoder.embed_positions.weight',
    'encoder.blocks.0.attn.query.weight',
  ]),
]
