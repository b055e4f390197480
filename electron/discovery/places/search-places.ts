import { readdir, realpath, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { PlaceKind } from '../../contract/discovery.ts'
import { parseJson } from '../../platform/files/parse-json.ts'
import { readRegularFile } from '../../platform/files/regular-file.ts'
import { maxExtraPathsBytes, parseExtraModelPaths, type ExtraModelFolder } from './extra-model-paths.ts'
import { walkModels, type LocalModel, type WalkBudget } from '../scan/walk-models.ts'
import { isExcludedFolder, placeKindByName, modelFolders, searchPlan, type Computer } from './known-places.ts'

/** A folder with all models in it, or a yaml file with the models in its folders. */
export interface FoundPlace {
  readonly kind: PlaceKind
  readonly path: string
  readonly models: readonly LocalModel[]
  /** False if a limit ended the search of this place. */
  readonly isComplete: boolean
  /** Folders in it that could not be read. */
  readonly unreadable: readonly string[]
}

export interface PlaceSearchOptions {
  readonly computer: Computer
  readonly now: () => number
  /** Called as soon as a place is found, so that an aborted search has reported its results. */
  readonly onFound: (place: FoundPlace) => void
  /** Folders of each root that are listed to find programs by name; 6,000 by default. */
  readonly maxListedFolders?: number
}

/** Limits of the whole search: a home folder can hold millions of files. */
const maxEntries = 400_000
const maxDurationMs = 45_000
/** Of each root, so that a large home folder leaves the other disks their share. */
const defaultMaxListedFolders = 6_000
/** Settings of ComfyUI's desktop app, which have a few hundred bytes. */
const maxSettingsFileBytes = 64 * 1024

interface Search extends PlaceSearchOptions {
  readonly budget: WalkBudget
  /** Real paths of folders and keys of files that were visited. */
  readonly seen: Set<string>
  /** Those of them that a yaml file lists. */
  readonly seenExtraPaths: Set<string>
  /** Reported places by their paths. */
  readonly found: Map<string, FoundPlace>
  readonly searchedRoots: Set<string>
  readonly searchedYamlFiles: Set<string>
  /** Folders of the current root that were listed to find programs by name. */
  listedFolderCount: number
  /** Not all folders of a root were listed. */
  hasSkippedFolders: boolean
}

/**
 * Searches the usual places of this computer. Reads names and sizes only, except for small settings files
 * that list folders. Resolves with false if a limit ended the search.
 */
export async function searchPlaces(options: PlaceSearchOptions): Promise<boolean> {
  const plan = searchPlan(options.computer)
  const search = createSearch(options)
  for (const { path, kind } of plan.candidates) await searchProgram(search, path, kind)
  for (const file of plan.desktopSettings) {
    const base = await basePathOf(file)
    if (base !== null) await searchProgram(search, base, 'comfyui')
  }
  for (const file of plan.extraPathFiles) await searchExtraPathsFile(search, file)
  for (const { path, depth } of plan.roots) {
    search.listedFolderCount = 0
    await searchPrograms(search, path, depth)
  }
  return !search.hasSkippedFolders && search.budget.entries > 0 && search.now() <= search.budget.untilMs
}

/** The models in the folders that a yaml file lists, as one place; null if it is not such a file. */
export async function searchExtraPaths(
  file: string,
  options: Omit<PlaceSearchOptions, 'onFound'>,
): Promise<readonly FoundPlace[] | null> {
  const folders = await readExtraPathsFile(file, options.computer)
  if (folders === null) return null
  const found: FoundPlace[] = []
  const search = createSearch({ ...options, onFound: (place) => void found.push(place) })
  await searchExtraFolders(search, file, folders)
  return found
}

function createSearch(options: PlaceSearchOptions): Search {
  return {
    ...options,
    budget: { entries: maxEntries, untilMs: options.now() + maxDurationMs },
    seen: new Set(),
    seenExtraPaths: new Set(),
    found: new Map(),
    searchedRoots: new Set(),
    searchedYamlFiles: new Set(),
    listedFolderCount: 0,
    hasSkippedFolders: false,
  }
}

/** Searches the folders below `folder` for programs by their names. */
async function searchPrograms(search: Search, folder: string, depth: number): Promise<void> {
  const { maxListedFolders = defaultMaxListedFolders } = search
  search.listedFolderCount += 1
  if (search.listedFolderCount > maxListedFolders || search.now() > search.budget.untilMs) {
    search.hasSkippedFolders = true
    return
  }
  for (const name of await subfoldersOf(folder)) {
    if (isExcludedFolder(name)) continue
    const path = join(folder, name)
    const kind = placeKindByName(name)
    const isProgram = kind !== null && (await searchProgram(search, path, kind))
    if (!isProgram && depth > 1) await searchPrograms(search, path, depth - 1)
  }
}

/** True if the program's model folders exist, with or without models. */
async function searchProgram(search: Search, path: string, kind: PlaceKind): Promise<boolean> {
  let isProgram = false
  for (const folder of modelFolders[kind]) {
    const root = join(path, ...folder.split('/'))
    if (!(await isFolder(root))) continue
    isProgram = true
    await searchRoot(search, root, kind)
  }
  if (kind === 'comfyui') {
    for (const folder of [path, join(path, 'ComfyUI')])
      await searchExtraPathsFile(search, join(folder, 'extra_model_paths.yaml'))
  }
  return isProgram
}

async function searchRoot(search: Search, root: string, kind: PlaceKind): Promise<void> {
  // A folder that fails here is reported by the walk.
  const real = await realpath(root).catch(() => root)
  if (search.searchedRoots.has(real)) return
  search.searchedRoots.add(real)
  const { budget, now } = search
  // Models of this cache can't be added, so the same files elsewhere must not count as duplicates.
  const seen = kind === 'hugging-face' ? new Set(search.seen) : search.seen
  const walked = await walkModels(root, {
    budget,
    seen,
    now,
    skipCloudOnlyOn: search.computer.platform,
  })
  report(search, { kind, path: root, ...walked })
}

/** A place without models is reported if it may have some. */
function report({ found, onFound }: Search, place: FoundPlace): void {
  if (place.models.length === 0 && place.unreadable.length === 0 && !found.has(place.path)) return
  found.set(place.path, place)
  onFound(place)
}

async function searchExtraPathsFile(search: Search, file: string): Promise<void> {
  if (search.searchedYamlFiles.has(file)) return
  search.searchedYamlFiles.add(file)
  const folders = await readExtraPathsFile(file, search.computer, true)
  if (folders) await searchExtraFolders(search, file, folders)
}

/**
 * Searches the folders that a yaml file lists and reports them as one place. Models that were found in them
 * before get the type from the yaml file and are removed from their former place.
 */
async function searchExtraFolders(
  search: Search,
  file: string,
  folders: readonly ExtraModelFolder[],
): Promise<void> {
  const models: LocalModel[] = []
  const unreadable: string[] = []
  let isComplete = true
  // The deepest first, because a type's folder may be inside the folder of another type.
  const deepestFirst = [...folders].sort((one, other) => other.path.length - one.path.length)
  for (const { path, modelType } of deepestFirst) {
    const { budget, seenExtraPaths, now } = search
    const walked = await walkModels(path, {
      budget,
      seen: seenExtraPaths,
      now,
      modelType,
      skipCloudOnlyOn: search.computer.platform,
    })
    models.push(...walked.models)
    unreadable.push(...walked.unreadable)
    isComplete &&= walked.isComplete
  }
  const isFoundBefore = [...search.seenExtraPaths].some((key) => search.seen.has(key))
  search.seenExtraPaths.forEach((key) => search.seen.add(key))
  if (isFoundBefore) await removeFromOtherPlaces(search, models)
  report(search, { kind: 'extra-paths', path: file, models, isComplete, unreadable })
}

async function removeFromOtherPlaces(search: Search, models: readonly LocalModel[]): Promise<void> {
  const removedPaths = new Set(await Promise.all(models.map(realPathOf)))
  for (const place of search.found.values()) {
    if (place.kind === 'extra-paths') continue
    const realPaths = await Promise.all(place.models.map(realPathOf))
    const remaining = place.models.filter((_model, index) => !removedPaths.has(realPaths[index] ?? ''))
    if (remaining.length < place.models.length) report(search, { ...place, models: remaining })
  }
}

const realPathOf = ({ path }: LocalModel) => realpath(path).catch(() => path)

async function readExtraPathsFile(
  file: string,
  computer: Computer,
  isLocalOnly = false,
): Promise<readonly ExtraModelFolder[] | null> {
  try {
    const bytes = await readRegularFile(file, maxExtraPathsBytes)
    return parseExtraModelPaths(bytes.toString('utf8'), {
      ...computer,
      folder: dirname(file),
      isLocalOnly,
    })
  } catch {
    return null
  }
}

/** The folder with all data of ComfyUI's desktop app. */
async function basePathOf(file: string): Promise<string | null> {
  try {
    const settings = parseJson(await readRegularFile(file, maxSettingsFileBytes), maxSettingsFileBytes)
    const base =
      typeof settings === 'object' && settings !== null && 'basePath' in settings ? settings.basePath : null
    return typeof base === 'string' && base !== '' && !base.includes('\0') ? base : null
  } catch {
    return null
  }
}

async function subfoldersOf(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true })
    return entries.filter((entry) => entry.isDirectory() || entry.isSymbolicLink()).map(({ name }) => name)
  } catch {
    return []
  }
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory()
  } catch {
    return false
  }
}
