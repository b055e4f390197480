import type { BigIntStats, Dirent } from 'node:fs'
import { readdir, realpath, stat } from 'node:fs/promises'
import { basename, join, relative, sep } from 'node:path'
import { extensionOf, folderSkipReason, skipReasonInFolder } from '../../recognition/file-names.ts'
import { folderEvidence } from '../../recognition/kinds/folder-evidence.ts'
import { compareCopies } from '../../recognition/copy-rank.ts'
import { diffusersIndex, isExternalWeights, maxDiffusersDepth } from '../../recognition/model-groups.ts'
import { isCloudPlaceholder } from '../../recognition/check-entry.ts'

/** A model file on this computer. */
export interface LocalModel {
  readonly path: string
  readonly sizeBytes: number
  readonly mtimeMs: number
  /** From the folders above the file, or given for the whole walk; null if unknown. */
  readonly modelType: string | null
  /** Path below the folder of its type, `/`-separated, as a workflow refers to it. */
  readonly name: string
  /** Another path of the same file was found before. */
  readonly isDuplicate?: true
}

/** Limits shared by all walks of one search; `entries` counts down. */
export interface WalkBudget {
  entries: number
  readonly untilMs: number
}

export interface WalkOptions {
  readonly budget: WalkBudget
  /** Folders and files that were visited before: programs often share models by links. */
  readonly seen: Set<string>
  /** The type of all models, if the folder's own name does not decide it. */
  readonly modelType?: string
  readonly now: () => number
  /** Levels of folders below the first one; 8 by default. */
  readonly maxDepth?: number
  /**
   * Leaves out files that exist only in a cloud drive, by this platform's rules. Watched folders include
   * them, because such a file is not new when it is downloaded later.
   */
  readonly skipCloudOnlyOn?: NodeJS.Platform
}

/** Models are two or three folders deep, snapshots of multi-file models a few more. */
const maxDepth = 8

/**
 * The model files below a folder. `isComplete` is false if the budget ended the walk. Unreadable folders are
 * skipped, and a folder is entered once even if several links lead to it.
 */
export async function walkModels(
  root: string,
  options: WalkOptions,
): Promise<{ readonly models: readonly LocalModel[]; readonly isComplete: boolean }> {
  const models: LocalModel[] = []
  const isComplete = await walkFolder({ root, models, options }, root, 0, 0)
  return { models, isComplete }
}

interface Walk {
  readonly root: string
  readonly models: LocalModel[]
  readonly options: WalkOptions
}

/** `partLevels`: levels of folders, from this one on, whose files are parts of a diffusers model. */
async function walkFolder(walk: Walk, folder: string, depth: number, partLevels = 0): Promise<boolean> {
  const { budget, seen, now } = walk.options
  if (budget.entries <= 0 || now() > budget.untilMs) return false
  let entries: Dirent[]
  try {
    const real = await realpath(folder)
    if (seen.has(real)) return true
    seen.add(real)
    entries = await readdir(real, { withFileTypes: true })
  } catch {
    return true
  }
  budget.entries -= entries.length + 1
  let isComplete = true
  const names = new Set(entries.map(({ name }) => name))
  const innerLevels = partLevelsInside(partLevels, names)
  for (const entry of bestFirst(entries)) {
    const path = join(folder, entry.name)
    const kind = await kindOf(entry, path)
    if (
      kind === 'folder' &&
      depth < (walk.options.maxDepth ?? maxDepth) &&
      folderSkipReason(entry.name, false) === null
    ) {
      isComplete = (await walkFolder(walk, path, depth + 1, innerLevels)) && isComplete
    } else if (kind === 'file' && isModel(entry.name, names)) {
      const model = await readModel(walk, path, partLevels > 0)
      if (model) walk.models.push(model)
    }
  }
  return isComplete
}

function partLevelsInside(partLevels: number, names: ReadonlySet<string>): number {
  return partLevels === 0 && names.has(diffusersIndex) ? maxDiffusersDepth : Math.max(0, partLevels - 1)
}

/**
 * The order of a folder's entries: a folder is visited by its own name first, since the name of a link may
 * suggest another type. Of two paths of one file, the path that workflows look for is visited first.
 */
function bestFirst(entries: readonly Dirent[]): readonly Dirent[] {
  return [...entries].sort(
    (one, other) =>
      Number(one.isSymbolicLink()) - Number(other.isSymbolicLink()) ||
      Number(one.isDirectory()) - Number(other.isDirectory()) ||
      compareCopies(pathOf(one), pathOf(other)),
  )
}

const pathOf = (entry: Dirent) => (entry.isDirectory() ? `${entry.name}/` : entry.name)

/** Includes the external weights of an ONNX graph, which are uploaded with it. */
function isModel(name: string, names: ReadonlySet<string>): boolean {
  return skipReasonInFolder(name) === null || isExternalWeights(name, names)
}

async function kindOf(entry: Dirent, path: string): Promise<'file' | 'folder' | null> {
  if (entry.isFile()) return 'file'
  if (entry.isDirectory()) return 'folder'
  if (!entry.isSymbolicLink()) return null
  try {
    const stats = await stat(path)
    if (stats.isDirectory()) return 'folder'
    return stats.isFile() ? 'file' : null
  } catch {
    return null
  }
}

/** Smaller files with a model's extension are placeholders or notes. */
const smallestModelBytes = 1_024n

/** A part of a diffusers model is never a duplicate: the model needs the file at this path. */
async function readModel({ root, options }: Walk, path: string, isPart: boolean): Promise<LocalModel | null> {
  const { seen, modelType, skipCloudOnlyOn } = options
  try {
    const stats = await stat(path, { bigint: true })
    if (stats.size < smallestModelBytes) return null
    if (skipCloudOnlyOn && isCloudPlaceholder(stats, skipCloudOnlyOn)) return null
    const key = await fileKey(stats, path)
    const isDuplicate = !isPart && seen.has(key)
    if (!isPart) seen.add(key)
    return {
      path,
      sizeBytes: Number(stats.size),
      mtimeMs: mtimeMs(stats),
      ...typeAndNameOf(root, path, modelType),
      ...(isDuplicate ? { isDuplicate } : {}),
    }
  } catch {
    return null
  }
}

/** Identifies a file. Some network file systems have no inode numbers, so the path is used there. */
async function fileKey({ ino, dev }: BigIntStats, path: string): Promise<string> {
  return `file ${ino === 0n ? await realpath(path) : `${dev}:${ino}`}`
}

/**
 * Exactly the number of a `stat` without bigint, with which it is compared (Node, lib/internal/fs/utils.js,
 * msFromTimeSpec).
 */
function mtimeMs({ mtimeNs }: BigIntStats): number {
  return Number(mtimeNs / 1_000_000_000n) * 1_000 + Number(mtimeNs % 1_000_000_000n) / 1_000_000
}

/** The single file at a path as a walk would return it; null if it is missing or not a file. */
export async function localModelAt(path: string): Promise<LocalModel | null> {
  try {
    const stats = await stat(path)
    if (!stats.isFile()) return null
    return { path, sizeBytes: stats.size, mtimeMs: stats.mtimeMs, ...typeAndNameOf('/', path) }
  } catch {
    return null
  }
}

/** The type of a model and its path below the type's folder. */
function typeAndNameOf(
  root: string,
  path: string,
  modelType?: string,
): { readonly modelType: string | null; readonly name: string } {
  const relativeName = relative(root, path).split(sep).join('/')
  if (modelType !== undefined) return { modelType, name: relativeName }
  const folders = path.split(sep).slice(0, -1)
  const evidence = folderEvidence(folders)
  if (!evidence) return { modelType: null, name: relativeName }
  return { modelType: evidence.modelType, name: [...evidence.below, basename(path)].join('/') }
}

/** A file name for comparison, ignoring case: workflows come from other systems. */
export function nameKey(name: string): string {
  return name.replaceAll('\\', '/').split('/').at(-1)?.toLowerCase() ?? ''
}

/** Like `nameKey` without the extension: prompts refer to embeddings that way. */
export function stemKey(name: string): string {
  const key = nameKey(name)
  const extension = extensionOf(key)
  return extension === '' ? key : key.slice(0, -extension.length)
}
