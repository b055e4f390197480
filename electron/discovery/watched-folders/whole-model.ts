import { readdir, readFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import {
  extensionOf,
  hasModelExtension,
  isPartialDownload,
  skipReason,
} from '../../recognition/file-names.ts'
import {
  isDiffusersFile,
  maxDiffusersDepth,
  diffusersIndex,
  findGroup,
  shardNames,
  parseShardName,
  type Shard,
} from '../../recognition/model-groups.ts'
import { exists, lookAt } from './file-state.ts'

/** A model with all its files: they are waited for together, and queued together. */
export interface Whole {
  /** The same for all its files. */
  readonly key: string
  /** What is handed to the queue: its files, or the folder that they make. */
  readonly queue: readonly string[]
  /** Every file of it that is there. */
  readonly files: readonly string[]
  /** False while some of it is still to come. */
  readonly isComplete: boolean
}

/** The files that hold a graph's weights, by their names beside it, with the least size of each; null when it can't be read. */
export type WeightsOf = (graph: string) => Promise<ReadonlyMap<string, number> | null>

/** What is handed to the queue for many files: one by one, since each graph takes a thread, and each folder listed once. */
export async function wholesOf(
  paths: readonly string[],
  root: string,
  weightsOf: WeightsOf,
): Promise<readonly string[]> {
  const listed = new Map<string, Promise<ReadonlySet<string>>>()
  const namesOf = (folder: string) => {
    const names = listed.get(folder) ?? namesIn(folder)
    listed.set(folder, names)
    return names
  }
  const wholes = new Set<string>()
  for (const path of paths)
    for (const one of (await wholeOf(path, root, weightsOf, namesOf)).queue) wholes.add(one)
  return [...wholes]
}

/** The model that a file belongs to by what lies around it, at most up to `root`; most files are one of their own. */
export async function wholeOf(
  path: string,
  root: string,
  weightsOf: WeightsOf,
  namesOf = namesIn,
): Promise<Whole> {
  const [folder, name] = [dirname(path), basename(path)]
  const model = await diffusersAbove(folder, root)
  const whole = model === null ? null : await diffusers(model)
  // Weights right beside the index are the same model once more, in one file: they need no part of it.
  const isBesideIndex = folder === model && hasModelExtension(name)
  if (whole && (whole.isComplete || !isBesideIndex)) return whole
  const group = findGroup(name, await namesOf(folder), folder)
  if (group?.shard) return parts(folder, group.shard)
  if (group?.kind === 'external') return graph(join(folder, `${group.name}.onnx`), weightsOf)
  if (extensionOf(name) === '.onnx') return graph(path, weightsOf)
  return { key: path, queue: [path], files: [path], isComplete: true }
}

async function parts(folder: string, shard: Shard): Promise<Whole> {
  const all = shardNames(shard).map((name) => join(folder, name))
  const index = `${shard.stem}${shard.extension}.index.json`
  const there = await present([...all, join(folder, index)])
  const isComplete = all.every((path) => there.includes(path))
  return { key: join(folder, `${shard.stem}/${shard.count}`), queue: there, files: there, isComplete }
}

async function graph(path: string, weightsOf: WeightsOf): Promise<Whole> {
  // What can't be read is refused in its turn, with the reason.
  const weights = (await weightsOf(path)) ?? new Map<string, number>()
  const looks = await Promise.all(
    [...weights].map(async ([name, leastBytes]) => {
      const file = join(dirname(path), name)
      return { file, isThere: ((await lookAt(file))?.sizeBytes ?? -1) >= leastBytes }
    }),
  )
  const there = looks.filter(({ isThere }) => isThere).map(({ file }) => file)
  const names = await namesIn(dirname(path))
  // Weights that nobody could tell from their names stay behind; the graph is refused in its turn for that.
  const told = there.filter((file) => findGroup(basename(file), names, dirname(path))?.kind === 'external')
  const isComplete = there.length === looks.length
  return { key: path, queue: [path, ...told], files: [path, ...there], isComplete }
}

async function diffusersAbove(folder: string, root: string): Promise<string | null> {
  let one = folder
  for (let depth = 0; depth <= maxDiffusersDepth; depth += 1) {
    if (await exists(join(one, diffusersIndex))) return one
    if (one === root || one === dirname(one)) return null
    one = dirname(one)
  }
  return null
}

async function diffusers(model: string): Promise<Whole> {
  const names = await filesBelow(model, maxDiffusersDepth)
  const files = names.filter((name) => isDiffusersFile(basename(name)))
  const components = await componentsOf(join(model, diffusersIndex))
  const isComplete =
    !names.some(isPartialDownload) &&
    components.every(({ folder, hasWeights }) => {
      const inside = files.filter((name) => name.startsWith(`${folder}/`))
      return inside.length > 0 && (!hasWeights || inside.some(hasModelExtension))
    }) &&
    files.every((name) => hasAllParts(name, files))
  return { key: model, queue: [model], files: files.map((name) => join(model, name)), isComplete }
}

function hasAllParts(name: string, files: readonly string[]): boolean {
  const shard = parseShardName(basename(name))
  if (!shard) return true
  const folder = name.slice(0, name.length - basename(name).length)
  return shardNames(shard).every((part) => files.includes(folder + part))
}

/** Components that are settings alone, by the ends of their classes' names (diffusers, transformers). */
const withoutWeights = /(Scheduler|Tokenizer|TokenizerFast|FeatureExtractor|ImageProcessor\w*|Processor)$/

/** The folders that a model's index names: `"unet": ["diffusers", "UNet2DConditionModel"]`; two nulls for one left out. */
async function componentsOf(
  index: string,
): Promise<readonly { readonly folder: string; readonly hasWeights: boolean }[]> {
  try {
    const read: unknown = JSON.parse(await readFile(index, 'utf8'))
    if (typeof read !== 'object' || read === null) return []
    return Object.entries(read).flatMap(([folder, value]: [string, unknown]) => {
      const [library, className] = Array.isArray(value) ? (value as unknown[]) : []
      if (typeof library !== 'string' || typeof className !== 'string') return []
      return [{ folder, hasWeights: !withoutWeights.test(className) }]
    })
  } catch {
    return []
  }
}

/** Files below a folder, `/`-separated, without what is hidden. */
async function filesBelow(folder: string, depth: number): Promise<readonly string[]> {
  const names: string[] = []
  for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
    if (skipReason(entry.name) !== null) continue
    if (!entry.isDirectory()) names.push(entry.name)
    else if (depth > 0)
      names.push(
        ...(await filesBelow(join(folder, entry.name), depth - 1)).map((name) => `${entry.name}/${name}`),
      )
  }
  return names
}

async function namesIn(folder: string): Promise<ReadonlySet<string>> {
  return new Set(await readdir(folder).catch(() => []))
}

async function present(paths: readonly string[]): Promise<readonly string[]> {
  const there = await Promise.all(paths.map(exists))
  return paths.filter((_path, at) => there[at])
}
