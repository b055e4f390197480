import type { BigIntStats, Dirent } from 'node:fs'
import { basename, dirname, join, relative, sep } from 'node:path'
import { identityOf, type FileIdentity } from '../../platform/files/file-identity.ts'
import { isMissing } from '../../platform/files/path-exists.ts'
import { extensionOf, folderSkipReason, skipReasonInFolder } from '../../recognition/file-names.ts'
import { folderEvidence } from '../../recognition/kinds/folder-evidence.ts'
import { compareCopies } from '../../recognition/copy-rank.ts'
import { diffusersIndex, isExternalWeights, maxDiffusersDepth } from '../../recognition/model-groups.ts'
import { isCloudPlaceholder } from '../../recognition/check-entry.ts'
import { readdir, realpath, stat } from '../../platform/files/original-fs.ts'

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
  /** The path with links resolved, unless that is `path` itself. */
  readonly realPath?: string
  /** The folder in which a file with a `realPath` was found; a link may lead out of it. */
  readonly searchedFolder?: string
  /** As found by a walk; absent for a single file. */
  readonly identity?: FileIdentity
  /** Folder of the diffusers model that the file is a part of. */
  readonly modelFolder?: string
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

export interface WalkResult {
  readonly models: readonly LocalModel[]
  /** False if the budget ended the walk. */
  readonly isComplete: boolean
  /**
   * Folders that could not be read, or one of whose files couldn't, for example because their disk was removed
   * meanwhile.
   */
  readonly unreadable: readonly string[]
  /** The folders and files that could not be read. */
  readonly unread: readonly string[]
}

/**
 * The model files below a folder. Unreadable folders are skipped and returned, and a folder is entered once
 * even if several links lead to it. A folder that doesn't exist has no models.
 */
export async function walkModels(root: string, options: WalkOptions): Promise<WalkResult> {
  const walk: Walk = { root, models: [], unread: [], options }
  const isComplete = await walkFolder(walk, { path: root, depth: 0, partsOf: null })
  const { models, unread } = walk
  const unreadable = [...new Set(unread.map(({ folder }) => folder))]
  return { models, isComplete, unreadable, unread: unread.map(({ path }) => path) }
}

interface Walk {
  readonly root: string
  readonly models: LocalModel[]
  /** Each with the folder itself, or that of the file. */
  readonly unread: { readonly path: string; readonly folder: string }[]
  readonly options: WalkOptions
}

interface WalkedFolder {
  readonly path: string
  readonly depth: number
  readonly partsOf: DiffusersParts | null
}

/** The files of a folder are parts of a diffusers model, and so are those in this many levels of folders. */
interface DiffusersParts {
  readonly modelFolder: string
  readonly levels: number
}

async function walkFolder(walk: Walk, { path: folder, depth, partsOf }: WalkedFolder): Promise<boolean> {
  const { budget, seen, now } = walk.options
  if (budget.entries <= 0 || now() > budget.untilMs) return false
  const listed = await listFolder(folder)
  if (!('entries' in listed)) {
    // A missing root has no models; below it, a folder was there a moment ago.
    if (depth > 0 || !listed.isMissing) walk.unread.push({ path: folder, folder })
    return true
  }
  const { real, entries } = listed
  if (seen.has(real)) return true
  seen.add(real)
  budget.entries -= entries.length + 1
  let isComplete = true
  const names = new Set(entries.map(({ name }) => name))
  const inner = { depth: depth + 1, partsOf: partsInFoldersOf(folder, partsOf, names) }
  for (const entry of bestFirst(entries)) {
    const path = join(folder, entry.name)
    const kind = await kindOf(entry, path)
    if (kind === 'folder' && isWalked(walk, depth, entry.name))
      isComplete = (await walkFolder(walk, { ...inner, path })) && isComplete
    else if (kind === 'file' && isModel(entry.name, names)) {
      const realPath = entry.isSymbolicLink() ? null : join(real, entry.name)
      walk.models.push(...(await readModel(walk, { path, partsOf, realPath })))
    }
  }
  return isComplete
}

const isWalked = ({ options }: Walk, depth: number, name: string) =>
  depth < (options.maxDepth ?? maxDepth) && folderSkipReason(name, false) === null

/** What the folders in a folder with these names are parts of. */
function partsInFoldersOf(
  folder: string,
  partsOf: DiffusersParts | null,
  names: ReadonlySet<string>,
): DiffusersParts | null {
  if (partsOf) return partsOf.levels > 1 ? { ...partsOf, levels: partsOf.levels - 1 } : null
  return names.has(diffusersIndex) ? { modelFolder: folder, levels: maxDiffusersDepth } : null
}

/** The entries of a folder and its path with links resolved. */
async function listFolder(
  folder: string,
): Promise<{ readonly real: string; readonly entries: readonly Dirent[] } | { readonly isMissing: boolean }> {
  try {
    const real = await realpath(folder)
    return { real, entries: await readdir(real, { withFileTypes: true }) }
  } catch (error) {
    return { isMissing: isMissing(error) }
  }
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

interface WalkedFile {
  readonly path: string
  /** Null for a link. */
  readonly realPath: string | null
  readonly partsOf: DiffusersParts | null
}

/**
 * Reads the metadata of a file, not its content. A part of a diffusers model is never a duplicate: the
 * model needs the file at this path.
 */
async function readModel(walk: Walk, { path, partsOf, realPath: known }: WalkedFile): Promise<LocalModel[]> {
  const { seen, modelType, skipCloudOnlyOn } = walk.options
  try {
    const stats = await stat(path, { bigint: true })
    if (stats.size < smallestModelBytes) return []
    if (skipCloudOnlyOn && isCloudPlaceholder(stats, skipCloudOnlyOn)) return []
    const key = await fileKey(stats, path)
    const isDuplicate = !partsOf && seen.has(key)
    if (!partsOf) seen.add(key)
    const realPath = known ?? (await realpath(path))
    const model = {
      path,
      sizeBytes: Number(stats.size),
      mtimeMs: mtimeMs(stats),
      ...typeAndNameOf(walk.root, path, modelType),
      identity: identityOf(stats),
      ...(realPath === path ? {} : { realPath, searchedFolder: walk.root }),
      ...(partsOf ? { modelFolder: partsOf.modelFolder } : {}),
      ...(isDuplicate ? { isDuplicate } : {}),
    }
    return [model]
  } catch {
    // It was listed a moment ago: the disk may have been removed.
    walk.unread.push({ path, folder: dirname(path) })
    return []
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
  return name.slice(Math.max(name.lastIndexOf('/'), name.lastIndexOf('\\')) + 1).toLowerCase()
}

/** Like `nameKey` without the extension: prompts refer to embeddings that way. */
export function stemKey(name: string): string {
  const key = nameKey(name)
  const extension = extensionOf(key)
  return extension === '' ? key : key.slice(0, -extension.length)
}
