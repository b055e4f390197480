import type { Header } from '../formats/header.ts'

/** What a fingerprint needs of a header: names and shapes, with a common prefix taken off. */
export interface TensorNames {
  readonly count: number
  /** What was taken off, `''` for none. */
  readonly prefix: string
  has(name: string): boolean
  /** Empty for a tensor that isn't there. */
  shape(name: string): readonly number[]
  /** The first name that begins so. */
  startingWith(start: string): string | undefined
  /** The first name that matches; the pattern has no `g` flag. */
  matching(pattern: RegExp): string | undefined
  all(): Iterable<string>
}

/** Fingerprints look no further: the largest known models have some 5,000 tensors, a hostile header two million. */
const mostNames = 100_000

export function tensorNames(tensors: Header['tensors'], prefix = ''): TensorNames {
  const shapes = new Map<string, readonly number[]>()
  for (const [name, { shape }] of tensors) {
    if (name.startsWith(prefix)) shapes.set(name.slice(prefix.length), shape)
    if (shapes.size >= mostNames) break
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

/** The names below the first prefix that more than five tensors share (as ComfyUI, model_detection.py), or all of them. */
export function below(tensors: Header['tensors'], prefixes: readonly string[]): TensorNames {
  const shared = prefixes.find((prefix) => sharedByMany(tensors, prefix))
  return tensorNames(tensors, shared ?? '')
}

function sharedByMany(tensors: Header['tensors'], prefix: string): boolean {
  let count = 0
  let seen = 0
  for (const name of tensors.keys()) {
    if (name.startsWith(prefix)) count += 1
    seen += 1
    if (count > 5) return true
    if (seen >= mostNames) break
  }
  return false
}
