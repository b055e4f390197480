import type { PartFamily, TensorRule } from './family.ts'

/** Base models by the width of their text embeddings, the most specific first. */
export const basesByTextWidth = [
  ['SDXL', 2048],
  ['SDXL refiner', 1280],
  ['SD2', 1024],
  ['SD1', 768],
] as const

/** Cross attention in the UNet's copy that a ControlNet has, in all layouts. */
const textKeys = ['', 'control_model.'].flatMap((start) =>
  ['weight', 'down'].flatMap((end) => [
    ...['4.1', '2.1', '1.1'].map(
      (block) => `${start}input_blocks.${block}.transformer_blocks.0.attn2.to_k.${end}`,
    ),
    ...[0, 1, 2].map(
      (block) => `${start}down_blocks.${block}.attentions.0.transformer_blocks.0.attn2.to_k.${end}`,
    ),
  ]),
)

const byTextWidth = (rule: TensorRule): readonly PartFamily[] => [
  ...basesByTextWidth.map(([base, width]) => ({
    modelType: 'controlnet',
    base,
    ...rule,
    shapes: [[textKeys, [null, width]] as const],
  })),
  { modelType: 'controlnet', ...rule },
]

const ipAdapter = (base: string, width: number): PartFamily => ({
  modelType: 'ipadapter',
  base,
  has: ['ip_adapter.1.to_k_ip.weight'],
  shapes: [['ip_adapter.1.to_k_ip.weight', [null, width]]],
})

/** An adapter for a UNet with SDXL's text width, by the sizes of a layer of its image projection. */
const adapterByProjection = (
  modelType: string,
  base: string,
  layer: string,
  sizes: readonly number[],
): PartFamily => ({
  modelType,
  base,
  shapes: [
    ['ip_adapter.1.to_k_ip.weight', [null, 2048]],
    [layer, sizes],
  ],
})

/**
 * Models that control another model (ComfyUI, controlnet.py and ldm/…/controlnet.py), and a part of one.
 * They have names of the models that they belong to, or of LoRAs, and come before them.
 */
export const controlModels: readonly PartFamily[] = [
  // Most of its tensors are those of a LoRA.
  {
    modelType: 'photomaker',
    base: 'SDXL',
    has: ['id_encoder.vision_model.embeddings.class_embedding'],
  },
  // LTX-2's layers between its text encoder and its blocks, which ComfyUI loads with the encoder.
  {
    modelType: 'text_encoders',
    base: 'LTX-Video',
    has: [['model.diffusion_model.video_embeddings_connector.', 'video_embeddings_connector.']],
    lacks: ['model.diffusion_model.transformer_blocks.', 'transformer_blocks.', 'model.layers.'],
  },
  { modelType: 'controlnet', base: 'Hunyuan-DiT', has: ['after_proj_list.18.bias'] },
  { modelType: 'model_patches', base: 'Qwen-Image', has: ['controlnet_blocks.0.y_rms.weight'] },
  {
    modelType: 'model_patches',
    base: 'Qwen-Image 2.1',
    has: ['control_img_in.weight', 'control_blocks.0.img_mlp.out.weight'],
  },
  {
    modelType: 'model_patches',
    base: 'MiniMax H3',
    has: ['control_proj_in.weight', 'control_blocks.0.attn.qkv_proj.weight'],
  },
  // ComfyUI reads these and SUPIR from `model_patches`, kijai's nodes from the other folder.
  {
    modelType: 'model_patches',
    base: 'Wan',
    has: ['controlnet_patch_embedding.weight'],
    otherType: 'controlnet',
  },
  {
    modelType: 'model_patches',
    base: 'Wan',
    has: ['audio_proj.proj1.weight', 'blocks.0.audio_cross_attn.'],
    variants: [[{ word: 'MultiTalk' }]],
    otherType: 'diffusion_models',
  },
  { modelType: 'model_patches', base: 'Flux.1', has: ['feature_embedder.mid_layer_norm.bias'] },
  {
    modelType: 'model_patches',
    base: 'SDXL',
    has: [
      ['control_model.input_hint_block.0.weight', 'model.control_model.input_hint_block.0.weight'],
      ['project_modules.', 'model.diffusion_model.project_modules.'],
    ],
    variants: [[{ word: 'SUPIR' }]],
    otherType: 'checkpoints',
  },
  ...byTextWidth({ has: ['lora_controlnet'] }),
  {
    modelType: 'controlnet',
    base: 'SDXL',
    has: [['zero_convs.0.0.weight', 'control_model.zero_convs.0.0.weight']],
    shapes: [
      [
        ['label_emb.0.0.weight', 'control_model.label_emb.0.0.weight'],
        [null, 2816],
      ],
    ],
  },
  ...byTextWidth({ has: [['control_model.zero_convs.0.0.weight', 'zero_convs.0.0.weight']] }),
  // Small SDXL ControlNets have no attention, but SDXL's additional embedding.
  {
    modelType: 'controlnet',
    base: 'SDXL',
    has: ['controlnet_cond_embedding.conv_in.weight'],
    shapes: [['add_embedding.linear_1.weight', [null, 2816]]],
  },
  {
    modelType: 'controlnet',
    base: 'Kolors',
    has: ['controlnet_cond_embedding.conv_in.weight', 'encoder_hid_proj.weight'],
  },
  // SparseCtrl of AnimateDiff
  {
    modelType: 'controlnet',
    base: 'SD1',
    has: [
      ['controlnet_cond_embedding.weight', 'controlnet_cond_embedding.conv_in.weight'],
      'down_blocks.0.motion_modules.',
    ],
  },
  ...byTextWidth({ has: ['controlnet_cond_embedding.conv_in.weight'] }),
  {
    modelType: 'controlnet',
    base: 'Qwen-Image',
    has: [
      'controlnet_blocks.0.weight',
      ['txt_norm.weight', 'transformer_blocks.0.img_mlp.net.0.proj.weight'],
    ],
  },
  {
    modelType: 'controlnet',
    base: 'SD3.5',
    has: [
      'controlnet_blocks.0.weight',
      'pos_embed_input.proj.weight',
      'transformer_blocks.0.adaLN_modulation.1.bias',
    ],
  },
  {
    modelType: 'controlnet',
    base: 'SD3',
    has: ['controlnet_blocks.0.weight', 'pos_embed_input.proj.weight'],
  },
  {
    modelType: 'controlnet',
    base: 'Flux.1',
    has: ['controlnet_blocks.0.weight', ['controlnet_x_embedder.weight', 'double_blocks.']],
  },
  { modelType: 'controlnet', base: 'Flux.1', has: ['controlnet_blocks.0.linear.weight'] },
  {
    modelType: 'controlnet',
    base: 'Sana',
    has: ['controlnet_blocks.0.weight', 'input_block.weight', 'caption_norm.weight'],
  },
  { modelType: 'controlnet', base: 'Hunyuan-DiT', has: ['controlnet_blocks.0.weight', 'input_block.weight'] },
  { modelType: 'controlnet', has: ['controlnet_blocks.0.weight'] },
  {
    modelType: 'model_patches',
    base: 'Z-Image',
    has: [
      [
        'control_all_x_embedder.2-1.weight',
        'control_layers.0.adaLN_modulation.0.weight',
        'control_layers.0.after_proj.weight',
      ],
    ],
  },
  { modelType: 'controlnet', base: 'Qwen-Image', has: ['control_img_in.weight', 'control_blocks.'] },
  { modelType: 'controlnet', has: ['control_blocks.'] },
  // Layers of the UNet (published only for SDXL) or the transformer that it controls.
  { modelType: 'controlnet', base: 'SDXL', has: ['lllite_unet_'] },
  { modelType: 'controlnet', base: 'Anima', has: ['lllite_dit_'] },
  { modelType: 'controlnet', has: ['lllite_'] },
  {
    modelType: 'controlnet',
    base: 'Stable Cascade',
    has: [['backbone.0.0.weight', 'backbone.10.blocks.0.weight']],
    // The image encoder of stage C has the same backbone.
    lacks: ['mapper.0.weight'],
  },
  { modelType: 'controlnet', base: 'SD1', has: ['body.0.in_conv.weight'] },
  // SDXL's have pixel-unshuffled input of a 16th of the size, the others of an eighth.
  ...(
    [
      ['SDXL', [256, 768]],
      ['SD1', [64, 192]],
    ] as const
  ).map(([base, channels]) => ({
    modelType: 'controlnet',
    base,
    has: [['body.0.block1.weight', 'adapter.body.0.resnets.0.block1.weight']],
    shapes: [
      [
        ['conv_in.weight', 'adapter.conv_in.weight'],
        [null, channels],
      ] as const,
    ],
  })),
  { modelType: 'controlnet', has: ['body.0.block1.weight', 'conv_in.weight'] },
  {
    modelType: 'controlnet',
    has: [['body.0.resnets.0.block1.weight', 'adapter.body.0.resnets.0.block1.weight']],
  },

  { modelType: 'ipadapter', base: 'Flux.1', has: ['ip_adapter_proj_model.'] },
  {
    modelType: 'ipadapter',
    base: 'Flux.1',
    shapes: [['ip_adapter.0.to_k_ip.weight', [3072, 4096]]],
  },
  adapterByProjection('ipadapter', 'Kolors', 'image_proj.layers.0.0.to_out.weight', [2048]),
  adapterByProjection(
    'ipadapter',
    'Kolors',
    'image_proj.perceiver_resampler.layers.0.0.to_out.weight',
    [4096],
  ),
  // Its input is a face embedding instead of image features.
  adapterByProjection('instantid', 'SDXL', 'image_proj.proj_in.weight', [1280, 512]),
  // It has the layers of an SDXL IP-Adapter, but its own encoder (cubiq/PuLID_ComfyUI, encoders.py).
  {
    modelType: 'pulid',
    base: 'SDXL',
    has: ['image_proj.body.0.weight', 'image_proj.mapping_patch_0.0.weight'],
  },
  ipAdapter('SDXL', 2048),
  ipAdapter('SD2', 1024),
  ipAdapter('SD1', 768),
  { modelType: 'ipadapter', has: ['ip_adapter.'] },
  { modelType: 'style_models', base: 'Flux.1', has: ['redux_down.weight'] },
  { modelType: 'style_models', base: 'SD1', has: ['style_embedding'] },
]
