import type { PartFamily, TensorKey } from './family.ts'

const esrgan: TensorKey = [
  'model.1.sub.0.RDB1.conv1.0.weight',
  'body.0.rdb1.conv1.weight',
  'RRDB_trunk.0.RDB1.conv1.weight',
]
const upscaler = (base: string, rule: Omit<PartFamily, 'modelType' | 'base'>): PartFamily => ({
  modelType: 'upscale_models',
  base,
  ...rule,
})

/** Upscalers, by the architectures that spandrel supports. */
export const upscalers: readonly PartFamily[] = [
  upscaler('ESRGAN', { has: [esrgan] }),
  upscaler('HAT', {
    has: ['conv_first.weight', 'layers.0.residual_group.blocks.0.conv_block.cab.0.weight'],
  }),
  upscaler('DAT', {
    has: [
      'conv_first.weight',
      [
        'layers.0.blocks.0.attn.attns.0.rpe_biases',
        'layers.0.blocks.0.attn.attns.0.',
        'layers.0.blocks.0.attn.channel_interaction.',
      ],
    ],
  }),
  upscaler('SwinIR', {
    has: ['conv_first.weight', 'layers.0.residual_group.blocks.0.attn.relative_position_bias_table'],
    lacks: ['layers.0.residual_group.blocks.0.conv_block.cab.0.weight'],
  }),
  {
    modelType: 'upscale_models',
    has: ['conv_first.weight', ['layers.0.residual_group.blocks.0.', 'layers.0.blocks.0.']],
  },
  // Convolutions and PReLUs alternate; the last layer has 3 × scale² channels.
  upscaler('Real-ESRGAN compact', {
    has: ['body.0.weight', 'body.1.weight', 'body.2.weight'],
    shapes: [['body.0.weight', [null, 3, null, null]]],
  }),
]

/** Other files that tools and custom nodes load (ComfyUI, gligen.py, model_detection.py). */
export const tools: readonly PartFamily[] = [
  { modelType: 'gligen', has: ['position_net.linears.0.weight'] },
  {
    modelType: 'animatediff_models',
    base: 'SDXL',
    has: ['down_blocks.0.motion_modules.0.temporal_transformer.norm.weight'],
    lacks: ['down_blocks.3.motion_modules.0.temporal_transformer.norm.weight'],
  },
  {
    modelType: 'animatediff_models',
    base: 'SD1',
    has: ['down_blocks.0.motion_modules.0.temporal_transformer.norm.weight'],
  },
  { modelType: 'detection', base: 'RT-DETR v4', has: ['encoder.pan_blocks.1.cv4.conv.weight'] },
  {
    modelType: 'geometry_estimation',
    base: 'Depth Anything 3',
    has: ['backbone.embeddings.patch_embeddings.projection.weight', 'head.projects.0.weight'],
  },
  {
    modelType: 'sams',
    base: 'SAM 3',
    has: ['detector.backbone.vision_backbone.trunk.blocks.0.attn.qkv.weight'],
  },
  {
    modelType: 'sams',
    base: 'SAM',
    has: ['image_encoder.blocks.0.attn.qkv.weight', 'mask_decoder.iou_token.weight'],
  },
  {
    modelType: 'sams',
    base: 'SAM 2',
    has: ['image_encoder.trunk.blocks.0.attn.qkv.weight', 'sam_mask_decoder.iou_token.weight'],
  },
  { modelType: 'hypernetworks', has: ['768.0.linear.0.weight'] },
  // The image half of an IP-Adapter. Whole models with a layer of that name were ruled out before.
  { modelType: 'ipadapter', has: [['image_proj.latents', 'image_proj.proj.weight', 'image_proj.']] },
]
