import { createHash } from 'node:crypto'
import { basename, join } from 'node:path'
import { shardIndexEndings, shardNamePattern, type ModelGroup } from '../contract/recognition.ts'
import { pathExists } from '../platform/files/path-exists.ts'
import { openRegularFile } from '../platform/files/regular-file.ts'
import { extensionOf, hasModelExtension } from './file-names.ts'
import { readAt } from './formats/byte-source.ts'
import { basesByClassName } from './families/known-names.ts'
import { joinBases } from './kinds/kind.ts'
import { parseClassName } from './kinds/metadata-evidence.ts'

/** A file's place in a model of several files. */
export interface FoundGroup extends ModelGroup {
  /** Absolute folder of the group. */
  readonly root: string
  /** Folders between the root and the file, outermost first. */
  readonly within: readonly string[]
  /** Numbering, for a model of numbered parts. */
  readonly shard?: Shard
  /**
   * Relative paths of all files of the model when it was found, and of what was missing; absent for numbered
   * parts, whose names follow from the numbering.
   */
  readonly files?: readonly string[]
}

/**
 * The numbering of a model's parts (`model-00001-of-00003.safetensors`, as transformers and llama.cpp write
 * them).
 */
export interface Shard {
  readonly stem: string
  readonly count: number
  readonly extension: string
  /** Digits of a part's number; absent for 5, as in journals of older versions. */
  readonly numberDigits?: number
  /** Digits of the count; absent for 5. */
  readonly countDigits?: number
  /** Number of the first part: 0, or absent for 1. */
  readonly firstNumber?: number
}

/** The largest models have far fewer parts. */
const maxShards = 1_000
const usualDigits = 5

/** File names in a folder. */
type Names = Pick<ReadonlySet<string>, 'has'>

/** The numbering that a part's name shows, counted from 0 if it is part 0 or that is among the names. */
export function parseShardName(name: string, names: Names = new Set()): Shard | null {
  const found = shardNamePattern.exec(name)
  if (!found) return null
  const [, stem = '', digits = '', countDigits = '', extension = ''] = found
  const [number, count] = [Number(digits), Number(countDigits)]
  if (count < 1 || count > maxShards) return null
  const fromOne: Shard = {
    stem,
    count,
    extension,
    ...(digits.length === usualDigits ? {} : { numberDigits: digits.length }),
    ...(countDigits.length === usualDigits ? {} : { countDigits: countDigits.length }),
  }
  const shard = number === 0 ? { ...fromOne, firstNumber: 0 } : numberingAmong(fromOne, names)
  return number < firstNumberOf(shard) + count ? shard : null
}

const firstNumberOf = ({ firstNumber = 1 }: Shard) => firstNumber

/** The numbering of parts among these names: it begins at 0 if part 0 is one of them. */
export function numberingAmong(shard: Shard, names: Names): Shard {
  return names.has(shardName(shard, 0)) ? { ...shard, firstNumber: 0 } : shard
}

/** The numbering in a folder as it is now: part 0 may have been added after the others were found. */
export async function readNumbering(folder: string, shard: Shard): Promise<Shard> {
  const first = shardName(shard, 0)
  return numberingAmong(shard, new Set((await pathExists(join(folder, first))) ? [first] : []))
}

function shardName(shard: Shard, number: number): string {
  const { stem, count, extension, numberDigits = usualDigits, countDigits = usualDigits } = shard
  return `${stem}-${padNumber(number, numberDigits)}-of-${padNumber(count, countDigits)}${extension}`
}

const padNumber = (number: number, digits: number) => String(number).padStart(digits, '0')

/** The names of all parts, in order. */
export function shardNames(shard: Shard): string[] {
  const first = firstNumberOf(shard)
  return Array.from({ length: shard.count }, (_, index) => shardName(shard, first + index))
}

/** Identifies a sharded model in its folder. Independent of its first number: part 0 may be added last. */
export function shardsId({ stem, count, numberDigits, countDigits }: Shard): string {
  const isUsual = numberDigits === undefined && countDigits === undefined
  const widths = isUsual ? '' : `/${numberDigits ?? usualDigits}/${countDigits ?? usualDigits}`
  return `${stem}/${count}${widths}`
}

/** The first part that is missing in the folder, or null. */
export async function findMissingShard(folder: string, shard: Shard): Promise<string | null> {
  for (const name of shardNames(shard)) {
    if (!(await pathExists(join(folder, name)))) return name
  }
  return null
}

/** The file that marks the folder of a diffusers model; it lists the parts and their folders. */
export const diffusersIndex = 'model_index.json'
/** Tokenizers, schedulers, configurations and external weights, which are parts of a diffusers model too. */
const diffusersExtensions = new Set(['.json', '.txt', '.model', '.jinja', '.data', '.weights', '.pb'])
/** Parts are one folder deep, a few of them two. */
export const maxDiffusersDepth = 2

export function isDiffusersFile(name: string): boolean {
  const extension = extensionOf(name)
  const isWeights = /^\.onnx_data(_\d+)?$/.test(extension)
  return hasModelExtension(name) || diffusersExtensions.has(extension) || isWeights
}

/** Generic names: the model is called like its folder. */
export const genericStems = /^(model|pytorch_model|diffusion_pytorch_model)(\.fp16|\.fp32|\.non_ema)?$/i

/**
 * The group of a file among the names in its folder: numbered parts and their index, or a graph and its
 * external weights. Null for a model of one file.
 */
export function findGroup(name: string, names: ReadonlySet<string>, folder: string): FoundGroup | null {
  const shard = findShard(name, names)
  if (shard) {
    const called = genericStems.test(shard.stem) ? basename(folder) : shard.stem
    return shard.count === 1 ? null : { ...createGroup(folder, shardsId(shard), called, 'shards'), shard }
  }
  const graph = findGraph(name, names)
  return graph === null ? null : createGroup(folder, graph, graph.slice(0, -graphEnding.length), 'external')
}

/** The other files of a file's group among the names in its folder. */
export function otherGroupFiles(name: string, names: ReadonlySet<string>): readonly string[] {
  const shard = findShard(name, names)
  const graph = findGraph(name, names)
  const graphFiles = graph === null ? [] : [graph, ...externalWeights(graph, names)]
  const groupFiles = shard
    ? [...shardNames(shard), ...shardIndexEndings.map((ending) => shard.stem + ending)]
    : graphFiles
  return groupFiles.filter((one) => one !== name && names.has(one))
}

/** The numbering of a part, or of the parts that an index lists. */
function findShard(name: string, names: ReadonlySet<string>): Shard | null {
  const own = parseShardName(name, names)
  if (own) return own
  const ending = shardIndexEndings.find((one) => name.toLowerCase().endsWith(one))
  if (ending === undefined) return null
  const stem = name.slice(0, -ending.length)
  for (const other of names) {
    const one = parseShardName(other, names)
    if (one?.stem === stem) return one
  }
  return null
}

const graphEnding = '.onnx'
/**
 * The graph in the name of external weights, for graphs over 2 GB, the limit of protobuf. Transformers.js has
 * weights in several files: `x.onnx_data`, `x.onnx_data_1` and so on.
 */
const weightsName = /^(.+\.onnx)(\.data|\.weights|_data(_\d+)?)$/i
/** Name of the weights by older exporters, which wrote each graph into its own folder. */
const sharedWeightsName = 'weights.pb'

/** The graph with external weights that a file is, or that it holds the weights of; else null. */
function findGraph(name: string, names: ReadonlySet<string>): string | null {
  if (extensionOf(name) === graphEnding) return externalWeights(name, names).length > 0 ? name : null
  if (name === sharedWeightsName) return onlyGraph(names)
  const graph = weightsName.exec(name)?.[1]
  return graph !== undefined && names.has(graph) ? graph : null
}

/** The names that are those of a graph's external weights. */
export function externalWeights(graph: string, names: ReadonlySet<string>): readonly string[] {
  const own = [...names].filter((one) => one.startsWith(graph) && weightsName.exec(one)?.[1] === graph)
  return names.has(sharedWeightsName) && onlyGraph(names) === graph ? [...own, sharedWeightsName] : own
}

/** Whether a name is that of external weights of a graph among these names. */
export function isExternalWeights(name: string, names: ReadonlySet<string>): boolean {
  const graph = findGraph(name, names)
  return graph !== null && graph !== name
}

function onlyGraph(names: ReadonlySet<string>): string | null {
  const graphs = [...names].filter((one) => extensionOf(one) === graphEnding)
  return graphs.length === 1 ? (graphs[0] ?? null) : null
}

export function createGroup(root: string, id: string, name: string, kind: ModelGroup['kind']): FoundGroup {
  // The page receives the key, so it must not contain the path.
  const key = createHash('sha256').update(`${root}\n${id}`).digest('hex').slice(0, 16)
  return { key, name, kind, root, within: [] }
}

/**
 * Identifies what an upload is for: a file, or one path in a model of several files. Several paths of such a
 * model may lead to one file, as in the cache of Hugging Face, and each of them is uploaded.
 */
export function uploadKey(file: {
  readonly path: string
  readonly name: string
  readonly group?: FoundGroup | null | undefined
}): string {
  const { path, name, group } = file
  return group ? `${group.key}/${nameInGroup(group, name)}` : path
}

/** A file's path within its model. */
export function nameInGroup({ within }: Pick<FoundGroup, 'within'>, name: string): string {
  return [...within, name].join('/')
}

/** A diffusers index has a few kilobytes. */
export const maxIndexBytes = 256 * 1024

/** The pipeline class in a diffusers folder's index and its base model; null if it can't be read. */
export async function readPipeline(root: string): Promise<{ pipeline: string; base: string | null } | null> {
  try {
    await using file = await openRegularFile(join(root, diffusersIndex))
    const text = (await readAt(file, 0, maxIndexBytes)).toString('utf8')
    const pipeline = parseClassName(text)
    if (pipeline === null) return null
    return { pipeline, base: joinBases(basesByClassName(pipeline)) }
  } catch {
    return null
  }
}
