import type { Kind } from './kind.ts'
import type { TensorNames } from './tensor-names.ts'

const esrganKeys = [
  'model.1.sub.0.RDB1.conv1.0.weight',
  'body.0.rdb1.conv1.weight',
  'RRDB_trunk.0.RDB1.conv1.weight',
] as const

/** Upscalers, by the architectures that spandrel supports. */
export function upscalerKind(names: TensorNames): Kind | null {
  const toKind = (evidence: string, base: string | null, variant: string | null = null): Kind => ({
    modelType: 'upscale_models',
    base,
    variant,
    evidence,
  })
  const esrgan = esrganKeys.find(names.has)
  if (esrgan !== undefined) return toKind(esrgan, 'ESRGAN', scaleOf(names))
  const transformer = names.matching(
    /^layers\.0\.(residual_group\.)?blocks\.0\.(attn|norm1|conv_block)|^layers\.0\.blocks\.0\.chanel_ratio/,
  )
  if (transformer !== undefined && names.has('conv_first.weight'))
    return toKind(transformer, transformerBase(names))
  // Real-ESRGAN's compact architecture: convolutions and PReLUs alternate; the last layer has 3 × scale²
  // channels.
  const isCompact = names.has('body.0.weight') && names.has('body.1.weight') && names.has('body.2.weight')
  const inputs = names.shape('body.0.weight')
  if (!isCompact || inputs.length !== 4 || inputs[1] !== 3) return null
  return toKind('body.0.weight', 'Real-ESRGAN compact')
}

function transformerBase(names: TensorNames): string | null {
  if (names.matching(/conv_block\.cab/) !== undefined) return 'HAT'
  if (names.matching(/\.(attn\.attns|attn\.channel_interaction)\./) !== undefined) return 'DAT'
  return names.matching(/attn\.relative_position_bias_table$/) !== undefined ? 'SwinIR' : null
}

/**
 * The old layout doubles the size with every three layers after the fifth; the new one names its upscaling
 * layers.
 */
function scaleOf(names: TensorNames): string | null {
  const layers: number[] = []
  for (const name of names.all()) {
    const number = /^model\.(\d+)\.(weight|bias|sub)/.exec(name)?.[1]
    if (number !== undefined) layers.push(Number(number))
  }
  if (layers.length > 0) {
    const scale = 2 ** ((Math.max(...layers) - 4) / 3)
    return Number.isInteger(scale) && scale <= 64 ? `${scale}x` : null
  }
  if (names.has('upconv2.weight')) return '4x'
  if (names.has('upconv1.weight')) return '2x'
  // Scales below four take pixel-unshuffled input, with more channels.
  const inputs = names.shape('conv_first.weight')[1]
  return { 3: '4x', 12: '2x', 48: '1x' }[inputs ?? 0] ?? null
}
