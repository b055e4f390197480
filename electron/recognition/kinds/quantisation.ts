import type { Header } from '../formats/header.ts'
import { mainDtype } from '../formats/header.ts'

/** Endings that quantising tools leave (bitsandbytes, ComfyUI, nunchaku). */
const marks: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/\.quant_state\.bitsandbytes__nf4$/, 'NF4'],
  [/\.quant_state\.bitsandbytes__fp4$/, 'FP4'],
  [/\.(qweight|wscales)$/, 'INT4'],
]
const scaleEnding = /\.(scale_weight|weight_scale|weight_scale_inv|comfy_quant)$/

/** A `scale` beside a `weight` of eight bits; norms have one as well, and no such weight. */
function scales(name: string, tensors: Header['tensors']): boolean {
  if (!name.endsWith('.scale')) return false
  return /^(F8|I8|U8)/.test(tensors.get(`${name.slice(0, -'scale'.length)}weight`)?.dtype ?? '')
}

/** A hostile header has two million names; a quantised model has its marks among the first. */
const mostNames = 20_000

/** How a model's numbers were made smaller, or null when they are as they were trained or only rounded. */
export function quantisationOf(tensors: Header['tensors']): string | null {
  let seen = 0
  let scaled = false
  for (const name of tensors.keys()) {
    const mark = marks.find(([pattern]) => pattern.test(name))
    if (mark) return mark[1]
    if (name === 'scaled_fp8' || scaleEnding.test(name) || scales(name, tensors)) scaled = true
    if ((seen += 1) > mostNames) break
  }
  const dtype = mainDtype(tensors)
  return scaled && dtype !== null ? `${dtype} scaled` : null
}
