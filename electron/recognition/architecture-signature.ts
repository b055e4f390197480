import { createHash } from 'node:crypto'
import type { TensorNames } from './kinds/tensor-names.ts'

/** More different names than any known model has; a hostile header could have a million. */
const maxPatterns = 5_000

/** A tensor's name without its block numbers. */
export const numberlessName = (name: string) => name.replace(/\d+/g, '#')

/**
 * Identifies the architecture of a model: 16 hexadecimal digits, equal for files whose tensors have the same
 * names apart from block numbers, and the same widths. Versions, precisions and LoRA ranks don't change it:
 * of each shape only the largest dimension counts, and the rank is the smallest one of its layer. Null
 * without tensors.
 */
export function architectureSignature(names: TensorNames): string | null {
  const widths = new Map<string, number>()
  for (const name of names.all()) {
    const pattern = numberlessName(name)
    const known = widths.get(pattern)
    if (known === undefined && widths.size >= maxPatterns) continue
    widths.set(pattern, Math.max(known ?? 0, ...names.shape(name)))
  }
  if (widths.size === 0) return null
  const hash = createHash('sha256')
  for (const pattern of [...widths.keys()].sort()) hash.update(`${pattern} ${widths.get(pattern)}\n`)
  return hash.digest('hex').slice(0, 16)
}
