import type { Header } from '../formats/header.ts'
import { mainDtype } from '../formats/header.ts'

/** Tensor name endings of quantisation tools (bitsandbytes). */
const quantisedEndings: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/\.quant_state\.bitsandbytes__nf4$/, 'NF4'],
  [/\.quant_state\.bitsandbytes__fp4$/, 'FP4'],
]
/** Weights of four bits (nunchaku). */
const packedEnding = /\.(qweight|wscales)$/
const scaleEnding = /\.(scale_weight|weight_scale|weight_scale_inv|comfy_quant)$/

/**
 * A scale of NVFP4: a second one of packed weights (ComfyUI, quant_ops.py), or one of eight bits (nunchaku,
 * models/linear.py). Such files can have other layers in INT4.
 */
function isScaleOfNvfp4(name: string, tensors: Header['tensors']): boolean {
  if (name.endsWith('.wscales')) return tensors.get(name)?.dtype === 'F8_E4M3'
  if (!name.endsWith('.weight_scale_2')) return false
  return tensors.get(name.slice(0, -'_scale_2'.length))?.dtype === 'U8'
}

/** A `scale` next to a `weight` of eight bits. Norms have a `scale` too, but no such weight. */
function isScaleOfQuantisedWeight(name: string, tensors: Header['tensors']): boolean {
  if (!name.endsWith('.scale')) return false
  return /^(F8|I8|U8)/.test(tensors.get(`${name.slice(0, -'scale'.length)}weight`)?.dtype ?? '')
}

/** A hostile header can have two million names; real ones show their quantisation among the first. */
const maxNames = 20_000

/** The quantisation of a model's weights, or null for weights in full or reduced precision. */
export function detectQuantisation(tensors: Header['tensors']): string | null {
  let count = 0
  let isPacked = false
  let isScaled = false
  for (const name of tensors.keys()) {
    const ending = quantisedEndings.find(([pattern]) => pattern.test(name))
    if (ending) return ending[1]
    if (isScaleOfNvfp4(name, tensors)) return 'NVFP4'
    if (packedEnding.test(name)) isPacked = true
    if (name === 'scaled_fp8' || scaleEnding.test(name) || isScaleOfQuantisedWeight(name, tensors))
      isScaled = true
    count += 1
    if (count >= maxNames) break
  }
  if (isPacked) return 'INT4'
  const dtype = mainDtype(tensors)
  return isScaled && dtype !== null ? `${dtype} scaled` : null
}
