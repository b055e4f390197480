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

/** Architectures by tensors that only they have, as spandrel detects them (architectures/…/__init__.py). */
const byOwnTensors: readonly (readonly [base: string, ...has: readonly TensorKey[]])[] = [
  ['MM-RealSR', 'body.0.rdb1.conv1.weight', 'am_list.0.fc.0.weight'],
  ['ESRGAN', esrgan],
  ['HAT', 'conv_first.weight', 'layers.0.residual_group.blocks.0.conv_block.cab.0.weight'],
  ['SRFormer', 'layers.0.residual_group.blocks.0.attn.aligned_relative_position_index'],
  ['ATD', 'layers.0.residual_group.layers.0.attn_win.relative_position_bias_table'],
  ['CRAFT', 'layers.0.residual_group.hf_blocks.0.attn.temperature'],
  ['Swin2SR', 'patch_embed.proj.weight', 'layers.0.residual_group.blocks.0.attn.logit_scale'],
  [
    'SwinIR',
    ['conv_first.weight', 'conv_first.1.weight'],
    [
      'layers.0.residual_group.blocks.0.attn.relative_position_bias_table',
      'layers.0.residual_group.blocks.0.attn.relative_position_index',
    ],
  ],
  ['RGT', 'conv_first.weight', 'layers.0.blocks.0.gamma', 'layers.0.blocks.0.attn.attns.0.rpe_biases'],
  [
    'DAT',
    'conv_first.weight',
    ['layers.0.blocks.0.attn.channel_interaction.1.weight', 'layers.0.blocks.0.attn.attns.0.rpe_biases'],
  ],
  ['DRCT', 'conv_first.weight', 'layers.0.swin1.attn.relative_position_bias_table'],
  [
    'GRL',
    [
      'layers.0.blocks.0.attn.window_attn.attn_transform.logit_scale',
      'model.layers.0.blocks.0.attn.window_attn.attn_transform.logit_scale',
      'model_g.layers.0.blocks.0.attn.window_attn.attn_transform.logit_scale',
    ],
  ],
  [
    'PLKSR',
    'feats.0.weight',
    ['feats.1.lk.conv.weight', 'feats.1.lk.convs.0.weight', 'feats.1.lk.mn_conv.weight'],
  ],
  ['SPAN', 'block_1.c1_r.sk.weight', 'conv_cat.weight'],
  ['OmniSR', 'residual_layer.0.residual_layer.0.layer.0.fn.0.weight'],
  ['MoESR', 'in_to_dim.weight', 'blocks.0.blocks.0.conv.dwconv_hw.weight'],
  ['MoSR', 'gblocks.0.weight', 'gblocks.1.fc1.weight'],
  ['FDAT', ['conv_first.weight', 'conv_first.1.weight'], 'groups.0.blocks.0.inter.cg.1.weight'],
  ['SAFMN', 'to_feat.weight', 'feats.0.safm.aggr.weight'],
  ['RCAN', 'tail.1.weight', 'body.0.body.0.body.3.conv_du.0.weight'],
  ['RealCUGAN', 'unet1.conv_bottom.weight', 'unet2.conv_bottom.weight'],
  ['AuraSR', 'mid_attn.layers.0.0.to_out.weight', 'final_res_block.block1.proj.weights'],
  ['SCUNet', 'm_head.0.weight', 'm_tail.0.weight'],
  ['FBCNN', 'm_head.weight', 'm_tail.weight', ['qf_pred.0.res.0.weight', 'qf_embed.0.weight']],
  ['DRUNet', 'm_head.weight', 'm_tail.weight', 'm_up1.2.res.0.weight'],
  ['SwiftSRGAN', 'initial.cnn.depthwise.weight', 'final_conv.pointwise.weight'],
  ['DCTLSA', 'fea_conv.weight', 'B1.body.0.transformer_body.0.blocks.0.attn.qkv.weight'],
  ['NAFNet', 'intro.weight', 'ending.weight', 'middle_blks.0.beta'],
  ['Restormer', 'patch_embed.proj.weight', 'encoder_level1.0.attn.temperature'],
]

/** Upscalers and restoration models. */
export const upscalers: readonly PartFamily[] = [
  ...byOwnTensors.map(([base, ...has]) => upscaler(base, { has })),
  {
    modelType: 'upscale_models',
    has: ['conv_first.weight', ['layers.0.residual_group.blocks.0.', 'layers.0.blocks.0.']],
  },
  // Convolutions and PReLUs alternate; the last layer has 3 × scale² channels.
  upscaler('Real-ESRGAN compact', {
    has: ['body.0.weight', 'body.1.weight', 'body.2.weight'],
    shapes: [['body.0.weight', [null, 3, null, null]]],
  }),
  {
    modelType: 'facerestore_models',
    base: 'GFPGAN',
    has: ['toRGB.0.weight', 'stylegan_decoder.style_mlp.1.weight'],
  },
  {
    modelType: 'facerestore_models',
    base: 'RestoreFormer',
    has: ['quantize.embedding.weight', 'encoder.conv_in.weight', 'encoder.down.5.block.0.norm1.weight'],
  },
  {
    modelType: 'facerestore_models',
    base: 'CodeFormer',
    has: ['position_emb', 'idx_pred_layer.1.weight', 'quantize.embedding.weight'],
  },
]

/** AnimateDiff's own names and those of diffusers. SDXL has three blocks. */
const motionModule = (block: number): TensorKey => [
  `down_blocks.${block}.motion_modules.0.temporal_transformer.norm.weight`,
  `down_blocks.${block}.motion_modules.0.norm.weight`,
]

/** Other files that tools and custom nodes load (ComfyUI, gligen.py, model_detection.py). */
export const tools: readonly PartFamily[] = [
  {
    modelType: 'gligen',
    base: 'SD1',
    has: ['position_net.linears.0.weight'],
    shapes: [['input_blocks.1.1.transformer_blocks.0.fuser.linear.weight', [null, 768]]],
  },
  { modelType: 'gligen', has: ['position_net.linears.0.weight'] },
  {
    modelType: 'animatediff_models',
    base: 'SDXL',
    has: [motionModule(0)],
    lacks: [motionModule(3)],
  },
  {
    modelType: 'animatediff_models',
    base: 'SD1',
    has: [motionModule(0)],
  },
  {
    modelType: 'latent_upscale_models',
    base: 'LTX-Video',
    has: ['post_upsample_res_blocks.0.conv2.bias', 'initial_conv.weight', 'final_conv.weight'],
  },
  {
    modelType: 'latent_upscale_models',
    base: 'Hunyuan Video 1.5',
    has: ['blocks.0.block.0.conv.weight', 'in_conv.conv.weight', 'out_conv.conv.weight'],
  },
  {
    modelType: 'latent_upscale_models',
    base: 'Hunyuan Video 1.5',
    has: ['up.0.block.0.conv1.conv.weight', 'conv_in.conv.weight', 'conv_out.conv.weight'],
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
    has: ['image_encoder.trunk.patch_embed.proj.weight', 'image_encoder.neck.convs.0.conv.weight'],
  },
  { modelType: 'pulid', base: 'Flux.1', has: ['pulid_ca.0.norm1.weight'] },
  { modelType: 'hypernetworks', has: [['768.0.linear.0.weight', '768.0.linear1.weight']] },
  // The image half of an IP-Adapter. Whole models with a layer of that name were ruled out before.
  { modelType: 'ipadapter', has: [['image_proj.latents', 'image_proj.proj.weight', 'image_proj.']] },
]
