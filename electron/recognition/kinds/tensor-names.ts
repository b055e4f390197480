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
  /** The first name that matches; the pattern has no `g` flag. */
  matching(pattern: RegExp): string | undefined
  all(): Iterable<string>
}

/**
 * Limit of names that are searched: the largest known models have about 5,000 tensors, a hostile header two
 * million.
 */
const maxNames = 100_000

export function tensorNames(tensors: Header['tensors'], prefix = ''): TensorNames {
  const shapes = new Map<string, readonly number[]>()
  for (const [name, { shape }] of tensors) {
    if (name.startsWith(prefix)) shapes.set(name.slice(prefix.length), shape)
    if (shapes.size >= maxNames) break
  }
  return {
    count: shapes.size,
    prefix,
    has: (name) => shapes.has(name),
    shape: (name) => shapes.get(name) ?? [],
    startingWith: (start) => first(shapes.keys(), (name) => name.startsWith(start)),
    matching: (pattern) => first(shapes.keys(), (name) => pattern.test(name)),
    all: () => shapes.keys(),
  }
}

function first(names: Iterable<string>, test: (name: string) => boolean): string | undefined {
  for (const name of names) if (test(name)) return name
  return undefined
}

/**
 * The names below the first prefix that more than five tensors have (as in ComfyUI, model_detection.py), or
 * all names.
 */
export function tensorNamesBelow(tensors: Header['tensors'], prefixes: readonly string[]): TensorNames {
  const shared = prefixes.find((prefix) => isSharedPrefix(tensors, prefix))
  return tensorNames(tensors, shared ?? '')
}

function isSharedPrefix(tensors: Header['tensors'], prefix: string): boolean {
  let count = 0
  let seen = 0
  for (const name of tensors.keys()) {
    if (name.startsWith(prefix)) count += 1
    seen += 1
    if (count > 5) return true
    if (seen >= maxNames) break
  }
  return false
}
