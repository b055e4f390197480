/** One tensor as a header describes it, its shape in PyTorch's order. */
export interface TensorInfo {
  readonly dtype: string
  readonly shape: readonly number[]
  readonly sizeBytes: number
}

/** What a header says, whatever the format. */
export interface Header {
  readonly tensors: ReadonlyMap<string, TensorInfo>
  readonly metadata: ReadonlyMap<string, string>
}

/** A header that breaks its format's rules. The message is the `problem` of `file-damaged-header`. */
export class HeaderDamage extends Error {
  override readonly name = 'HeaderDamage'
}

/** A header, or what is wrong with it in a few English words. */
export type Parsed<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: string }

/** Runs a parser that reports damage by throwing `HeaderDamage`; anything else it throws is a bug and goes on. */
export function parsed<T>(parse: () => T): Parsed<T> {
  try {
    return { ok: true, value: parse() }
  } catch (error) {
    if (error instanceof HeaderDamage) return { ok: false, problem: error.message }
    throw error
  }
}

/** The element type that takes the most bytes, or null without tensors. */
export function mainDtype(tensors: Header['tensors']): string | null {
  const bytes = new Map<string, number>()
  for (const { dtype, sizeBytes } of tensors.values()) {
    bytes.set(dtype, (bytes.get(dtype) ?? 0) + sizeBytes)
  }
  let main: string | null = null
  let most = -1
  for (const [dtype, sum] of bytes) {
    if (sum > most) [main, most] = [dtype, sum]
  }
  return main
}
