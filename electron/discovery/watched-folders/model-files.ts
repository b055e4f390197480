import { readdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { pathExists } from '../../platform/files/path-exists.ts'
import {
  extensionOf,
  hasModelExtension,
  isPartialDownload,
  skipReason,
} from '../../recognition/file-names.ts'
import { findMissingParts } from '../../recognition/diffusers-components.ts'
import {
  isDiffusersFile,
  maxDiffusersDepth,
  diffusersIndex,
  findGroup,
  shardNames,
  shardsId,
  type Shard,
} from '../../recognition/model-groups.ts'
import { readFileState } from './file-state.ts'

/** All files of one model, which are enqueued together once every one of them is complete. */
export interface ModelFiles {
  /** Identifies the model; equal for all its files. */
  readonly key: string
  /** Its files, or the folder of a diffusers model. */
  readonly pathsToEnqueue: readonly string[]
  /** The files that exist. */
  readonly files: readonly string[]
  /** False while files are missing. */
  readonly isComplete: boolean
}

/**
 * The external data files of an ONNX graph: file name → minimum size in bytes; null if the graph can't be
 * read.
 */
export type ReadExternalWeights = (graph: string) => Promise<ReadonlyMap<string, number> | null>

interface FolderReader {
  readonly listNames: (folder: string) => Promise<ReadonlySet<string>>
  /** The files of the diffusers model with this root folder. */
  readonly readDiffusersModel: (root: string) => Promise<ModelFiles>
}

/** Reads each folder and each diffusers model once. */
export function createFolderReader(): FolderReader {
  return { listNames: readOnce(namesIn), readDiffusersModel: readOnce(diffusersFiles) }
}

function readOnce<T>(read: (folder: string) => Promise<T>): (folder: string) => Promise<T> {
  const results = new Map<string, Promise<T>>()
  return (folder) => {
    const result = results.get(folder) ?? read(folder)
    results.set(folder, result)
    return result
  }
}

/**
 * The paths to enqueue for many files. Sequential, because every graph starts a thread; each folder is read
 * once.
 */
export async function pathsToEnqueueFor(
  paths: readonly string[],
  root: string,
  readExternalWeights: ReadExternalWeights,
): Promise<readonly string[]> {
  const folderReader = createFolderReader()
  const toEnqueue = new Set<string>()
  for (const path of paths) {
    const { pathsToEnqueue } = await findModelFiles(path, root, readExternalWeights, folderReader)
    for (const modelPath of pathsToEnqueue) toEnqueue.add(modelPath)
  }
  return [...toEnqueue]
}

/**
 * Finds the model that a file belongs to from the files around it, at most up to `root`. Most files are a
 * model alone.
 */
export async function findModelFiles(
  path: string,
  root: string,
  readExternalWeights: ReadExternalWeights,
  { listNames, readDiffusersModel }: FolderReader,
): Promise<ModelFiles> {
  const [folder, name] = [dirname(path), basename(path)]
  const diffusersRoot = await findDiffusersRoot(folder, root)
  const diffusersModel = diffusersRoot === null ? null : await readDiffusersModel(diffusersRoot)
  // Weights directly beside the index are a single-file copy of the model and don't need its parts.
  const isBesideIndex = folder === diffusersRoot && hasModelExtension(name)
  if (diffusersModel && (diffusersModel.isComplete || !isBesideIndex)) return diffusersModel
  const group = findGroup(name, await listNames(folder), folder)
  if (group?.shard) return shardFiles(folder, group.shard)
  if (group?.kind === 'external') return graphFiles(join(folder, `${group.name}.onnx`), readExternalWeights)
  if (extensionOf(name) === '.onnx') return graphFiles(path, readExternalWeights)
  return { key: path, pathsToEnqueue: [path], files: [path], isComplete: true }
}

async function shardFiles(folder: string, shard: Shard): Promise<ModelFiles> {
  const all = shardNames(shard).map((name) => join(folder, name))
  const index = `${shard.stem}${shard.extension}.index.json`
  const existing = await existingPaths([...all, join(folder, index)])
  const isComplete = all.every((path) => existing.includes(path))
  return {
    key: join(folder, shardsId(shard)),
    pathsToEnqueue: existing,
    files: existing,
    isComplete,
  }
}

async function graphFiles(path: string, readExternalWeights: ReadExternalWeights): Promise<ModelFiles> {
  // A graph that can't be read is enqueued alone and refused there with the reason.
  const weights = (await readExternalWeights(path)) ?? new Map<string, number>()
  const weightFiles = await Promise.all(
    [...weights].map(async ([name, minBytes]) => {
      const file = join(dirname(path), name)
      return { file, isPresent: ((await readFileState(file))?.sizeBytes ?? -1) >= minBytes }
    }),
  )
  const present = weightFiles.filter(({ isPresent }) => isPresent).map(({ file }) => file)
  const names = await namesIn(dirname(path))
  // Weights that can't be recognised by their names are left out; the graph is then refused when it is
  // enqueued.
  const recognised = present.filter(
    (file) => findGroup(basename(file), names, dirname(path))?.kind === 'external',
  )
  const isComplete = present.length === weightFiles.length
  return { key: path, pathsToEnqueue: [path, ...recognised], files: [path, ...present], isComplete }
}

async function findDiffusersRoot(folder: string, root: string): Promise<string | null> {
  let current = folder
  for (let depth = 0; depth <= maxDiffusersDepth; depth += 1) {
    if (await pathExists(join(current, diffusersIndex))) return current
    if (current === root || current === dirname(current)) return null
    current = dirname(current)
  }
  return null
}

async function diffusersFiles(root: string): Promise<ModelFiles> {
  const names = await filesBelow(root, maxDiffusersDepth)
  const files = names.filter((name) => isDiffusersFile(basename(name)))
  const isComplete = !names.some(isPartialDownload) && (await findMissingParts(root, files)).length === 0
  return { key: root, pathsToEnqueue: [root], files: files.map((name) => join(root, name)), isComplete }
}

/** Relative paths of the files below a folder, `/`-separated, without hidden files. */
async function filesBelow(folder: string, depth: number): Promise<readonly string[]> {
  const names: string[] = []
  for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
    if (skipReason(entry.name) !== null) continue
    if (!entry.isDirectory()) names.push(entry.name)
    else if (depth > 0) {
      const nested = await filesBelow(join(folder, entry.name), depth - 1)
      names.push(...nested.map((name) => `${entry.name}/${name}`))
    }
  }
  return names
}

async function namesIn(folder: string): Promise<ReadonlySet<string>> {
  return new Set(await readdir(folder).catch(() => []))
}

async function existingPaths(paths: readonly string[]): Promise<readonly string[]> {
  const exists = await Promise.all(paths.map(pathExists))
  return paths.filter((_path, index) => exists[index])
}
