import type { PartFamily, ShapeRules, TensorKey } from './family.ts'

const vae = (
  base: string | readonly string[] | undefined,
  rule: Omit<PartFamily, 'modelType' | 'base'>,
): PartFamily => ({
  modelType: 'vae',
  ...(base === undefined ? {} : { base }),
  ...rule,
})

/** Latent channels are the inputs of the decoder's first convolution; video VAEs have one size more. */
const image = (channels: number): ShapeRules => [['decoder.conv_in.weight', [null, channels, null, null]]]
const video = (channels: number): ShapeRules => [
  ['decoder.conv_in.weight', [null, channels, null, null, null]],
]

const preview = (base: readonly string[], channels: number): PartFamily => ({
  modelType: 'vae_approx',
  base,
  has: ['taesd_decoder.1.weight'],
  shapes: [['taesd_decoder.1.weight', [64, channels]]],
})

/** Halves of a preview VAE without prefix, as their authors publish them. */
const previewHalves: readonly TensorKey[] = ['1.weight', '3.conv.0.weight', '19.weight']

/** Bases that have the same VAE by its latent channels. */
const four = ['SD', 'SDXL'] as const
const sixteen = ['Flux.1', 'SD3'] as const
const wan = ['Wan', 'Qwen-Image'] as const

/**
 * VAEs and their small substitutes for previews (ComfyUI, sd.py), without the prefixes that checkpoints give
 * them.
 */
export const vaes: readonly PartFamily[] = [
  preview(four, 4),
  preview(sixteen, 16),
  { ...preview([], 32), base: 'Flux.2' },
  { ...preview([], 128), base: 'Flux.2' },
  { ...preview([], 64), base: 'Qwen-Image 2.1' },
  { modelType: 'vae_approx', has: ['taesd_decoder.1.weight'] },
  // The video ones have 64, 128 or more channels; those of the latents are in the decoder's first layer.
  {
    modelType: 'vae_approx',
    base: 'Wan 2.2',
    has: ['decoder.22.bias'],
    shapes: [['decoder.1.weight', [null, 48]]],
  },
  {
    modelType: 'vae_approx',
    base: 'LTX-Video',
    has: ['decoder.22.bias'],
    shapes: [['decoder.1.weight', [null, 128]]],
  },
  {
    modelType: 'vae_approx',
    base: 'MiniMax H3',
    has: ['decoder.22.bias'],
    shapes: [['decoder.1.weight', [null, 24]]],
  },
  {
    modelType: 'vae_approx',
    base: 'Hunyuan Video 1.5',
    has: ['decoder.22.bias'],
    shapes: [['decoder.1.weight', [null, 32]]],
  },
  {
    modelType: 'vae_approx',
    base: 'Mochi',
    has: ['decoder.22.bias'],
    shapes: [['decoder.1.weight', [null, 12]]],
  },
  {
    modelType: 'vae_approx',
    base: ['Hunyuan Video', ...wan],
    has: ['decoder.22.bias'],
    shapes: [['decoder.1.weight', [null, 16]]],
  },
  { modelType: 'vae_approx', has: ['decoder.22.bias'] },
  { modelType: 'vae_approx', base: four, has: previewHalves, shapes: [['1.weight', [64, 4, 3, 3]]] },
  { modelType: 'vae_approx', base: sixteen, has: previewHalves, shapes: [['1.weight', [64, 16, 3, 3]]] },
  {
    modelType: 'vae_approx',
    base: four,
    has: ['0.weight', '1.conv.0.weight', '14.weight'],
    shapes: [['14.weight', [4, 64, 3, 3]]],
  },
  {
    modelType: 'vae_approx',
    base: sixteen,
    has: ['0.weight', '1.conv.0.weight', '14.weight'],
    shapes: [['14.weight', [16, 64, 3, 3]]],
  },
  // the names of diffusers
  {
    modelType: 'vae_approx',
    base: four,
    shapes: [
      ['decoder.layers.0.weight', [64, 4, 3, 3]],
      ['encoder.layers.0.weight', [64, 3]],
    ],
  },
  {
    modelType: 'vae_approx',
    base: sixteen,
    shapes: [
      ['decoder.layers.0.weight', [64, 16, 3, 3]],
      ['encoder.layers.0.weight', [64, 3]],
    ],
  },

  vae('MiniMax Music 3', { has: ['dec_in_proj.weight', 'decoder.model.0.weight_g'] }),
  vae('SVD', { has: ['decoder.mid.block_1.mix_factor'] }),
  vae('SVD', { has: ['decoder.mid_block.resnets.0.time_mixer.mix_factor'] }),
  vae('Stable Cascade', { has: ['vquantizer.codebook.weight'], variants: [[{ word: 'A' }]] }),
  vae('Stable Cascade', {
    has: ['vquantizer.embedding.weight', 'up_blocks.0.0.weight'],
    variants: [[{ word: 'A' }]],
  }),
  vae('Stable Cascade', {
    has: [
      ['backbone.1.0.block.0.1.num_batches_tracked', 'encoder.backbone.1.0.block.0.1.num_batches_tracked'],
    ],
    variants: [[{ word: 'effnet encoder' }]],
  }),
  vae('Stable Cascade', { has: ['blocks.11.num_batches_tracked'], variants: [[{ word: 'previewer' }]] }),
  vae('TRELLIS.2', { has: [['shape_dec.blocks.1.16.to_subdiv.weight', 'txt_dec.blocks.3.4.conv2.weight']] }),
  vae('SeedVR2', { has: ['decoder.up_blocks.2.upsamplers.0.upscale_conv.weight'] }),
  vae('Mage-Flow', { has: ['student.dconv_encoder.proj_out.weight'] }),
  vae('LTX-Video', { has: ['decoder.conv_in_x_t.weight'], variants: [[{ word: 'with sound' }]] }),
  // the VAEs of Wan in their own names
  vae('Qwen-Image 2.1', {
    has: ['decoder.middle.0.residual.0.gamma', 'decoder.upsamples.0.upsamples.0.residual.2.weight'],
    shapes: [['decoder.head.2.weight', [null, null, 1]]],
  }),
  vae('Wan 2.2', {
    has: ['decoder.middle.0.residual.0.gamma', 'decoder.upsamples.0.upsamples.0.residual.2.weight'],
  }),
  // Qwen-Image Layered's has transparency as a fourth channel of its images.
  vae('Qwen-Image', {
    has: ['decoder.middle.0.residual.0.gamma'],
    shapes: [['encoder.conv1.weight', [null, 4]]],
    variants: [[{ word: 'Layered' }]],
  }),
  vae(wan, { has: ['decoder.middle.0.residual.0.gamma'] }),
  // in the names of diffusers
  vae('Hunyuan Image', { shapes: image(64) }),
  vae('Hunyuan Image 3', { shapes: video(32) }),
  vae('Wan 2.2', { shapes: video(48) }),
  vae('Qwen-Image', {
    shapes: [...video(16), ['encoder.conv_in.weight', [null, 4]]],
    variants: [[{ word: 'Layered' }]],
  }),
  vae(wan, { shapes: video(16) }),
  vae('Sana', { shapes: image(32), has: ['decoder.up_blocks.0.0.conv1.weight'] }),
  vae('Sana', { shapes: image(32), has: ['decoder.up_blocks.0.1.conv1.weight'] }),
  vae('Flux.2', { shapes: image(32) }),
  vae('Flux.2', { has: ['decoder.conv_in.weight', 'bn.running_mean'] }),
  vae('Allegro', { shapes: image(4), has: ['decoder.temp_conv_in.weight'] }),
  vae('SD2', {
    shapes: image(4),
    has: ['encoder.down.1.downsample.conv.weight'],
    lacks: ['encoder.down.2.downsample.conv.weight', 'decoder.up.3.upsample.conv.weight'],
    variants: [[{ word: 'x4 upscaler' }]],
  }),
  vae(four, { shapes: image(4), has: ['decoder.conv_in.weight'] }),
  vae(sixteen, { shapes: image(16) }),
  vae('YuE2', {
    has: [
      'decoder.layers.1.layers.0.beta',
      ['decoder.layers.6.layers.1.weight_v', 'decoder.layers.6.layers.1.parametrizations.weight.original1'],
    ],
  }),
  vae('ACE-Step 1.5', {
    has: ['decoder.layers.1.layers.0.beta'],
    shapes: [
      [
        ['decoder.layers.2.layers.1.weight_v', 'decoder.layers.2.layers.1.parametrizations.weight.original1'],
        [null, null, 12],
      ],
    ],
  }),
  vae('Stable Audio', { has: [['decoder.layers.1.layers.0.beta', 'decoder.block.0.snake1.beta']] }),
  vae('Stable Audio 3', { has: ['decoder.layers.3.transformers.0.pre_norm.alpha'] }),
  vae('Mochi', {
    has: [
      [
        'decoder.blocks.2.blocks.3.stack.5.weight',
        'blocks.2.blocks.3.stack.5.weight',
        'layers.4.layers.1.attn_block.attn.qkv.weight',
        'encoder.layers.4.layers.1.attn_block.attn.qkv.weight',
        'decoder.block_in.resnets.0.norm1.norm_layer.weight',
      ],
    ],
  }),
  vae('LTX-Video', { has: ['decoder.up_blocks.0.res_blocks.0.conv1.conv.weight'] }),
  vae('LTX-Video', { has: ['decoder.conv_in.conv.weight', 'latents_mean', 'decoder.up_blocks.0.'] }),
  vae('CogVideoX', {
    has: ['decoder.conv_in.conv.weight', 'decoder.mid_block.resnets.0.norm1.norm_layer.weight'],
  }),
  vae('LTX-Video', {
    shapes: [
      ['encoder.conv_in.conv.weight', [128, 2]],
      ['decoder.conv_in.conv.weight', [null, null]],
    ],
    variants: [[{ word: 'audio' }]],
  }),
  // the refiner of Hunyuan Image has it too
  vae(['Hunyuan Video 1.5', 'Hunyuan Image'], { shapes: [['decoder.conv_in.conv.weight', [null, 32]]] }),
  vae('LTX-Video', { shapes: [['decoder.conv_in.conv.weight', [null, 128]]] }),
  vae('Hunyuan Video', { has: ['decoder.conv_in.conv.weight'] }),
  vae('Cosmos', {
    has: [
      ['decoder.unpatcher3d.wavelets', 'decoder.conv_in.0.conv3d.weight', 'decoder.conv_in.conv_s.weight'],
    ],
  }),
  vae('Hunyuan3D', { has: ['geo_decoder.cross_attn_decoder.ln_1.bias'] }),
  vae('ACE-Step', { has: ['vocoder.backbone.channel_layers.0.0.bias'] }),
  vae('MMAudio', {
    has: [['vocoder.activation_post.downsample.lowpass.filter', 'decoder.learnable_gain']],
  }),
  vae('LTX-Video', {
    has: [['vocoder.resblocks.0.convs1.0.weight', 'vocoder.vocoder.resblocks.0.convs1.0.weight']],
    variants: [[{ word: 'audio' }]],
  }),
  vae('MiniMax H3', { has: ['decoder.transformer_blocks.0.scale1', 'encoder.down.5.block.0.conv1.weight'] }),
  vae('MiniMax H3', { has: ['pre_block.attn.zero_k_bias'], variants: [[{ word: 'audio' }]] }),
  vae('TripoSplat', { has: ['gs.base_offset_scale', 'octree.out_proj.weight'] }),
  vae('Sana', { has: [['decoder.stages.1.op_list.0.main.conv.conv.bias', 'encoder.project_in.conv.bias']] }),
  vae('Sana', { has: ['decoder.up_blocks.0.0.conv_out.conv.weight', 'encoder.conv_in.weight'] }),
  vae(undefined, { has: ['decoder.conv_in.weight', ['decoder.conv_out.weight', 'encoder.conv_in.weight']] }),
]
