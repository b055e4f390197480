/** One tensor as a header describes it, with its shape in PyTorch's order. */
export interface TensorInfo {
  readonly dtype: string
  readonly shape: readonly number[]
  readonly sizeBytes: number
}

/** The tensors and metadata of a model file, whatever its format. */
export interface Header {
  readonly tensors: ReadonlyMap<string, TensorInfo>
  readonly metadata: ReadonlyMap<string, string>
}

/** Total size of the tensors of each element type. */
export function bytesByDtype(tensors: Header['tensors']): ReadonlyMap<string, number> {
  const bytes = new Map<string, number>()
  for (const { dtype, sizeBytes } of tensors.values()) {
    bytes.set(dtype, (bytes.get(dtype) ?? 0) + sizeBytes)
  }
  return bytes
}

/** The element type that takes the most bytes, or null without tensors. */
export function mainDtype(tensors: Header['tensors']): string | null {
  let main: string | null = null
  let maxBytes = -1
  for (const [dtype, bytes] of bytesByDtype(tensors)) {
    if (bytes > maxBytes) [main, maxBytes] = [dtype, bytes]
  }
  return main
}
