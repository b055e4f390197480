import type { BigIntStats, Dirent } from 'node:fs'
import { readdir, realpath, stat } from 'node:fs/promises'
import { basename, join, relative, sep } from 'node:path'
import {
  extensionOf,
  isPartialDownload,
  folderSkipReason,
  skipReasonInFolder,
} from '../../recognition/file-names.ts'
import { folderEvidence } from '../../recognition/kinds/folder-evidence.ts'
import { isExternalWeights } from '../../recognition/model-groups.ts'
import { isCloudPlaceholder } from '../../recognition/check-entry.ts'

/** A model file that lies somewhere on this computer. */
export interface LocalModel {
  readonly path: string
  readonly sizeBytes: number
  readonly mtimeMs: number
  /** What its folders say, or the root's own type; null when nothing does. */
  readonly modelType: string | null
  /** Below the folder of its type, `/`-separated, with its own name: how a workflow names it. */
  readonly name: string
  /** The file is one that was met before, under another name. */
  readonly isAgain?: true
}

/** What a walk may cost; shared by all walks of one search. */
export interface WalkBudget {
  entries: number
  readonly untilMs: number
}

export interface WalkOptions {
  readonly budget: WalkBudget
  /** Folders that were walked and files that were met already: two programs often share them by links. */
  readonly seen: Set<string>
  /** For a folder whose name doesn't tell: extra paths name their types. */
  readonly modelType?: string
  readonly now: () => number
  /**
   * On which system files that are only in a cloud drive are left out. Whoever watches a folder needs to know them all: one that
   * comes down from the cloud later is no new one.
   */
  readonly onlineOf?: NodeJS.Platform
}

/** Models lie two or three folders deep; snapshots of multi-file models a few more. */
const deepest = 8

/**
 * The model files below a folder. `isWhole` is false when the budget ended it. Folders that can't be read are passed over;
 * a folder that is met again, by whatever link, is not entered twice.
 */
export async function walkModels(
  root: string,
  options: WalkOptions,
): Promise<{ readonly models: readonly LocalModel[]; readonly isWhole: boolean }> {
  const models: LocalModel[] = []
  const isWhole = await walk({ root, models, options }, root, 0)
  return { models, isWhole }
}

interface Walk {
  readonly root: string
  readonly models: LocalModel[]
  readonly options: WalkOptions
}

async function walk(one: Walk, folder: string, depth: number): Promise<boolean> {
  const { budget, seen, now } = one.options
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
  let isWhole = true
  const names = new Set(entries.map(({ name }) => name))
  // A folder is known by its own name before by a link's, which may say another type.
  const linksLast = [...entries].sort(
    (one, other) => Number(one.isSymbolicLink()) - Number(other.isSymbolicLink()),
  )
  for (const entry of linksLast) {
    const path = join(folder, entry.name)
    const kind = await kindOf(entry, path)
    if (kind === 'folder' && depth < deepest && folderSkipReason(entry.name, false) === null) {
      isWhole = (await walk(one, path, depth + 1)) && isWhole
    } else if (kind === 'file' && isModel(entry.name, names)) {
      const model = await look(one, path)
      if (model) one.models.push(model)
    }
  }
  return isWhole
}

/** The weights of a graph belong to what will be sent, and to its size. */
function isModel(name: string, names: ReadonlySet<string>): boolean {
  return (skipReasonInFolder(name) === null && !isPartialDownload(name)) || isExternalWeights(name, names)
}

async function kindOf(entry: Dirent, path: string): Promise<'file' | 'folder' | null> {
  if (entry.isFile()) return 'file'
  if (entry.isDirectory()) return 'folder'
  if (!entry.isSymbolicLink()) return null
  try {
    const facts = await stat(path)
    if (facts.isDirectory()) return 'folder'
    return facts.isFile() ? 'file' : null
  } catch {
    return null
  }
}

/** Readmes of models are no models, and neither are the small files that lie beside them under the same extensions. */
const smallestModelBytes = 1_024n

async function look({ root, options }: Walk, path: string): Promise<LocalModel | null> {
  const { seen, modelType, onlineOf } = options
  try {
    const facts = await stat(path, { bigint: true })
    if (facts.size < smallestModelBytes || (onlineOf && isCloudPlaceholder(facts, onlineOf))) return null
    const key = await fileKey(facts, path)
    const isAgain = seen.has(key)
    seen.add(key)
    const found = { path, sizeBytes: Number(facts.size), mtimeMs: mtimeMs(facts) }
    return { ...found, ...placeOf(root, path, modelType), ...(isAgain ? { isAgain } : {}) }
  } catch {
    return null
  }
}

/** Some network file systems number nothing; there the path has to tell files apart. A folder's key is a path alone. */
async function fileKey({ ino, dev }: BigIntStats, path: string): Promise<string> {
  return `file ${ino === 0n ? await realpath(path) : `${dev}:${ino}`}`
}

/** To the last digit as `stat` gives it in numbers: it is compared with that (Node, lib/internal/fs/utils.js, msFromTimeSpec). */
function mtimeMs({ mtimeNs }: BigIntStats): number {
  return Number(mtimeNs / 1_000_000_000n) * 1_000 + Number(mtimeNs % 1_000_000_000n) / 1_000_000
}

/** The type of a file and its name below the type's folder. */
export function placeOf(
  root: string,
  path: string,
  modelType?: string,
): { readonly modelType: string | null; readonly name: string } {
  const within = relative(root, path).split(sep)
  if (modelType !== undefined) return { modelType, name: within.join('/') }
  const folders = path.split(sep).slice(0, -1)
  const evidence = folderEvidence(folders)
  const name = basename(path)
  if (!evidence) return { modelType: null, name: within.join('/') }
  return { modelType: evidence.modelType, name: [...evidence.below, name].join('/') }
}

/** File names are compared without regard to case: workflows come from other systems. */
export function nameKey(name: string): string {
  return name.replaceAll('\\', '/').split('/').at(-1)?.toLowerCase() ?? ''
}

/** The same without its extension: prompts name embeddings like that. */
export function stemKey(name: string): string {
  const key = nameKey(name)
  const extension = extensionOf(key)
  return extension === '' ? key : key.slice(0, -extension.length)
}
