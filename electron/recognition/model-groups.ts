import { createHash } from 'node:crypto'
import { access, open } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { ModelGroup } from '../contract/recognition.ts'
import { extensionOf, hasModelExtension } from './file-names.ts'
import { readAt } from './formats/read-at.ts'
import { baseOfClass, classNamedIn } from './kinds/class-names.ts'

/** A file's place in a model of several files. */
export interface FoundGroup extends ModelGroup {
  /** Absolute folder in which the group lies. */
  readonly root: string
  /** Folders between the root and the file, outermost first. */
  readonly within: readonly string[]
  /** Of numbered parts. */
  readonly shard?: Shard
}

/** One of a model's numbered parts (`model-00001-of-00003.safetensors`, as transformers and llama.cpp write them). */
export interface Shard {
  readonly stem: string
  readonly count: number
  readonly extension: string
}

const shardName = /^(.+)-(\d{5})-of-(\d{5})(\.(?:safetensors|gguf|bin|pt))$/i
/** Larger models than any have fewer parts. */
const mostShards = 1_000

export function shardOf(name: string): Shard | null {
  const found = shardName.exec(name)
  const count = Number(found?.[3])
  if (!found || count < 1 || count > mostShards || Number(found[2]) > count) return null
  return { stem: found[1] ?? '', count, extension: found[4] ?? '' }
}

/** The names of all parts, in order. */
export function shardNames({ stem, count, extension }: Shard): string[] {
  const five = (number: number) => String(number).padStart(5, '0')
  return Array.from(
    { length: count },
    (_, index) => `${stem}-${five(index + 1)}-of-${five(count)}${extension}`,
  )
}

/** The first part that isn't in the folder, or null. */
export async function missingShard(folder: string, shard: Shard): Promise<string | null> {
  for (const name of shardNames(shard)) {
    try {
      await access(join(folder, name))
    } catch {
      return name
    }
  }
  return null
}

/** What a diffusers model's folder is told by; it says which part lies in which folder. */
export const diffusersIndex = 'model_index.json'
/** Tokenizers, schedulers and configurations belong to a diffusers model as its tensors do, and so do the weights of graphs. */
const diffusersExtensions = new Set([
  ...['.json', '.txt', '.model', '.jinja'],
  ...['.onnx_data', '.data', '.weights', '.pb'],
])
/** Parts lie one folder down, a few of them two; deeper lies something else. */
export const deepestDiffusers = 2

export function belongsToDiffusers(name: string): boolean {
  return hasModelExtension(name) || diffusersExtensions.has(extensionOf(name))
}

/** Names that say nothing: the folder's is the model's. */
export const plainStems = /^(model|pytorch_model|diffusion_pytorch_model)(\.fp16|\.fp32|\.non_ema)?$/i

/**
 * The group that a file makes with others of these names: numbered parts and their index, a graph and the weights beside it.
 * Null for a file of its own.
 */
export function groupAmong(name: string, names: ReadonlySet<string>, folder: string): FoundGroup | null {
  const shard = shardAmong(name, names)
  if (shard) {
    const { stem, count } = shard
    const called = plainStems.test(stem) ? basename(folder) : stem
    return count === 1 ? null : { ...groupIn(folder, `${stem}/${count}`, called, 'shards'), shard }
  }
  const graph = graphAmong(name, names)
  return graph === null ? null : groupIn(folder, graph, graph.slice(0, -graphEnding.length), 'external')
}

/** The other files that make one model with a file, of those of these names. */
export function othersAmong(name: string, names: ReadonlySet<string>): readonly string[] {
  const shard = shardAmong(name, names)
  const graph = graphAmong(name, names)
  const all = shard
    ? [...shardNames(shard), ...indexEndings.map((ending) => shard.stem + ending)]
    : graph === null
      ? []
      : [graph, ...weightsAmong(graph, names)]
  return all.filter((one) => one !== name && names.has(one))
}

const indexEndings = ['.safetensors.index.json', '.bin.index.json']

/** The numbering that a part or the index of parts belongs to. */
function shardAmong(name: string, names: ReadonlySet<string>): Shard | null {
  const own = shardOf(name)
  if (own) return own
  const ending = indexEndings.find((one) => name.toLowerCase().endsWith(one))
  if (ending === undefined) return null
  const stem = name.slice(0, -ending.length)
  for (const other of names) {
    const one = shardOf(other)
    if (one?.stem === stem) return one
  }
  return null
}

const graphEnding = '.onnx'
/** Endings under which exporters keep the weights of a graph over 2 GB, the most that protobuf takes. */
const weightEndings = ['.data', '_data', '.weights']
/** How older exporters called them, whatever the graph's name: they wrote each graph into a folder of its own. */
const commonWeights = 'weights.pb'

/** The graph to which a file belongs, itself or its weights; null without weights beside it. */
function graphAmong(name: string, names: ReadonlySet<string>): string | null {
  if (extensionOf(name) === graphEnding) return weightsAmong(name, names).length > 0 ? name : null
  if (name === commonWeights) return onlyGraph(names)
  const graph = weightEndings.map((ending) => (name.endsWith(ending) ? name.slice(0, -ending.length) : ''))
  return graph.find((one) => extensionOf(one) === graphEnding && names.has(one)) ?? null
}

/** Files that hold the weights of a graph by their names. */
export function weightsAmong(graph: string, names: ReadonlySet<string>): readonly string[] {
  const own = weightEndings.map((ending) => graph + ending).filter((one) => names.has(one))
  return names.has(commonWeights) && onlyGraph(names) === graph ? [...own, commonWeights] : own
}

/** Whether a file holds the weights of a graph that is one of these names. */
export function isWeights(name: string, names: ReadonlySet<string>): boolean {
  const graph = graphAmong(name, names)
  return graph !== null && graph !== name
}

function onlyGraph(names: ReadonlySet<string>): string | null {
  const graphs = [...names].filter((one) => extensionOf(one) === graphEnding)
  return graphs.length === 1 ? (graphs[0] ?? null) : null
}

export function groupIn(root: string, what: string, name: string, kind: ModelGroup['kind']): FoundGroup {
  // The page sees the key: it tells groups apart and no path.
  const key = createHash('sha256').update(`${root}\n${what}`).digest('hex').slice(0, 16)
  return { key, name, kind, root, within: [] }
}

/** A model's index has some kilobytes. */
const longestIndex = 256 * 1024

/** The pipeline that a diffusers folder names, with its family; null where it can't be read. */
export async function pipelineOf(root: string): Promise<{ pipeline: string; base: string | null } | null> {
  try {
    await using file = await open(join(root, diffusersIndex), 'r')
    const text = (await readAt(file, 0, longestIndex)).toString('utf8')
    const pipeline = classNamedIn(text)
    if (pipeline === null) return null
    return { pipeline, base: baseOfClass(pipeline) }
  } catch {
    return null
  }
}
