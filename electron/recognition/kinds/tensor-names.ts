import type { Header } from '../formats/header.ts'

/** Names and shapes of a header's tensors, without a common prefix. */
export interface TensorNames {
  readonly count: number
  /** The removed prefix, `''` for none. */
  readonly prefix: string
  has(name: string): boolean
  /** Empty for a tensor that doesn't exist. */
  shape(name: string): readonly number[]
  /** The first name with this prefix. */
  startingWith(start: string): string | undefined
  all(): Iterable<string>
}

/**
 * Limits of the names that are searched: the largest known models have about 90,000 tensors with names of 60
 * characters, a hostile header two million, or one name of 100 MB.
 */
const maxNames = 100_000
const maxNameLength = 1_000
const maxTotalLength = 16_000_000

export function tensorNames(tensors: Header['tensors'], prefix = ''): TensorNames {
  const names = firstNames(tensors)
    .filter((name) => name.startsWith(prefix))
    .map((name) => name.slice(prefix.length))
  return {
    count: names.length,
    prefix,
    has: (name) => tensors.has(prefix + name),
    shape: (name) => tensors.get(prefix + name)?.shape ?? [],
    startingWith: (start) => names.find((name) => name.startsWith(start)),
    all: () => names,
  }
}

/**
 * The names below the first prefix that more than five tensors have (as in ComfyUI, model_detection.py), or
 * all names.
 */
export function tensorNamesBelow(tensors: Header['tensors'], prefixes: readonly string[]): TensorNames {
  const names = firstNames(tensors)
  const shared = prefixes.find((prefix) => {
    let count = 0
    return names.some((name) => name.startsWith(prefix) && (count += 1) > 5)
  })
  return tensorNames(tensors, shared ?? '')
}

/** Built once for all detectors that search the same header. */
const namesByTensors = new WeakMap<Header['tensors'], readonly string[]>()

function firstNames(tensors: Header['tensors']): readonly string[] {
  const known = namesByTensors.get(tensors)
  if (known) return known
  const names: string[] = []
  let totalLength = 0
  for (const name of tensors.keys()) {
    totalLength += name.length
    if (names.length >= maxNames || totalLength > maxTotalLength) break
    if (name.length <= maxNameLength) names.push(name)
  }
  namesByTensors.set(tensors, names)
  return names
}
