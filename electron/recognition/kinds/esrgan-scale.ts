import type { TensorNames } from './tensor-names.ts'

/**
 * The scale of an ESRGAN upscaler, or null. The old layout doubles the size with every three layers after the
 * fifth; the new one names its upscaling layers.
 */
export function esrganScale(names: TensorNames): string | null {
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
