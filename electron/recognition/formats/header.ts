import { ByteRecords, enlarged } from './byte-records.ts'

/** One tensor as a header describes it, with its shape in PyTorch's order. */
export interface TensorInfo {
  readonly dtype: string
  readonly shape: readonly number[]
  readonly sizeBytes: number
}

/** Tensors by name: a `Map`, or a `TensorTable` for headers that can be large. */
export interface TensorMap {
  readonly size: number
  has(name: string): boolean
  get(name: string): TensorInfo | undefined
  keys(): Iterable<string>
  values(): Iterable<TensorInfo>
  [Symbol.iterator](): Iterator<[string, TensorInfo]>
}

/** The tensors and metadata of a model file, whatever its format. */
export interface Header {
  readonly tensors: TensorMap
  readonly metadata: ReadonlyMap<string, string>
}

/** NumPy's limit (NPY_MAXDIMS); a file made to be large may have one shape of millions. */
const maxDimensions = 64

/**
 * The tensors of a header in the order of the file. Names and shapes are slices of one buffer and become
 * strings and arrays only when they are asked for.
 */
export class TensorTable implements TensorMap {
  readonly #records = new ByteRecords()
  readonly #dtypes: string[] = []
  readonly #dtypeBytes: number[] = []
  /** Index in `#dtypes` by name, and by tensor. */
  readonly #dtypeIndex = new Map<string, number>()
  #dtypeIndexes = new Uint32Array(64)
  #sizes = new Float64Array(64)
  #completeCount = 0
  #dimensions = 0

  get size(): number {
    return this.#completeCount
  }

  /** Total size of the tensors of each element type. */
  get bytesByDtype(): ReadonlyMap<string, number> {
    return new Map(this.#dtypes.map((dtype, index) => [dtype, this.#dtypeBytes[index] ?? 0]))
  }

  /** Begins a tensor whose name is a slice of UTF-8 bytes. Returns false if the name is taken. */
  begin(source: Uint8Array, start: number, end: number): boolean {
    this.#dimensions = 0
    return this.#records.add(source, start, end)
  }

  /** Adds the next dimension of the tensor. Of too many, none is kept. */
  addDimension(length: number): void {
    this.#dimensions += 1
    if (this.#dimensions <= maxDimensions) this.#records.appendNumber(length)
    else if (this.#dimensions === maxDimensions + 1) this.#records.clearNumbers()
  }

  /** Ends the tensor that was begun. */
  complete(dtype: string, sizeBytes: number): void {
    const index = this.#completeCount
    if (index === this.#sizes.length) {
      this.#sizes = enlarged(this.#sizes, new Float64Array(index * 2))
      this.#dtypeIndexes = enlarged(this.#dtypeIndexes, new Uint32Array(index * 2))
    }
    this.#sizes[index] = sizeBytes
    const dtypeIndex = this.#indexOfDtype(dtype)
    this.#dtypeIndexes[index] = dtypeIndex
    this.#dtypeBytes[dtypeIndex] = (this.#dtypeBytes[dtypeIndex] ?? 0) + sizeBytes
    this.#completeCount += 1
  }

  /** Size of the tensor at this place in the order of the file. */
  sizeOf(index: number): number {
    return this.#sizes[index] ?? 0
  }

  has(name: string): boolean {
    return this.#records.indexOf(name) >= 0
  }

  get(name: string): TensorInfo | undefined {
    const index = this.#records.indexOf(name)
    return index < 0 ? undefined : this.#info(index)
  }

  *keys(): Generator<string> {
    for (let index = 0; index < this.#completeCount; index += 1) yield this.#records.key(index)
  }

  *values(): Generator<TensorInfo> {
    for (let index = 0; index < this.#completeCount; index += 1) yield this.#info(index)
  }

  *[Symbol.iterator](): Generator<[string, TensorInfo]> {
    for (let index = 0; index < this.#completeCount; index += 1) {
      yield [this.#records.key(index), this.#info(index)]
    }
  }

  #indexOfDtype(dtype: string): number {
    const index = this.#dtypeIndex.get(dtype) ?? this.#dtypes.length
    if (index === this.#dtypes.length) {
      this.#dtypes.push(dtype)
      this.#dtypeIndex.set(dtype, index)
    }
    return index
  }

  #info(index: number): TensorInfo {
    return {
      dtype: this.#dtypes[this.#dtypeIndexes[index] as number] as string,
      shape: this.#records.numbers(index),
      sizeBytes: this.sizeOf(index),
    }
  }
}

/** Total size of the tensors of each element type. */
export function bytesByDtype(tensors: Header['tensors']): ReadonlyMap<string, number> {
  if (tensors instanceof TensorTable) return tensors.bytesByDtype
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
