import { readdir, readFile, realpath, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { PlaceKind } from '../../contract/discovery.ts'
import { longestExtraPathsBytes, parseExtraPaths, type ExtraRoot } from './extra-model-paths.ts'
import { walkModels, type LocalModel, type WalkBudget } from '../scan/walk-models.ts'
import { isNoPlace, kindByName, modelFolders, searchPlan, type Surroundings } from './known-places.ts'

/** A folder with models in it, and all of them. */
export interface FoundPlace {
  readonly kind: PlaceKind
  readonly path: string
  readonly models: readonly LocalModel[]
  /** False when there was more than could be looked at. */
  readonly isWhole: boolean
}

export interface PlaceSearchOptions {
  readonly surroundings: Surroundings
  readonly now: () => number
  /** Told as each place is found: a search that is ended early has told what it had. */
  readonly onFound: (place: FoundPlace) => void
}

/** A home folder can hold millions of files: the whole search looks at this many entries and takes this long, in ms. */
const mostEntries = 400_000
const longestMs = 45_000
const mostFoldersSought = 6_000

interface Search extends PlaceSearchOptions {
  readonly budget: WalkBudget
  /** Real paths of folders that were walked. */
  readonly seen: Set<string>
  /** Those of them that a yaml file names. */
  readonly named: Set<string>
  /** Places that were told, by their paths. */
  readonly told: Map<string, FoundPlace>
  readonly roots: Set<string>
  readonly yamls: Set<string>
  foldersSought: number
}

/**
 * Looks in the usual places of this system. Reads names and sizes only, but for the few small settings that name folders.
 * Answers whether there was time for all of it.
 */
export async function searchPlaces(options: PlaceSearchOptions): Promise<boolean> {
  const plan = searchPlan(options.surroundings)
  const search: Search = {
    ...options,
    budget: { entries: mostEntries, untilMs: options.now() + longestMs },
    ...nothingYet(),
  }
  for (const { path, kind } of plan.candidates) await program(search, path, kind)
  for (const file of plan.desktopSettings) {
    const base = await basePathOf(file)
    if (base !== null) await program(search, base, 'comfyui')
  }
  for (const file of plan.extraPathFiles) await extraPaths(search, file)
  for (const { path, depth } of plan.bases) await seek(search, path, depth)
  return search.budget.entries > 0 && search.now() <= search.budget.untilMs
}

/** The folders that a yaml file names, as one place for each; null when it is no such file. */
export async function searchExtraPaths(
  file: string,
  options: Omit<PlaceSearchOptions, 'onFound'>,
): Promise<readonly FoundPlace[] | null> {
  const roots = await rootsOfFile(file, options.surroundings)
  if (roots === null) return null
  const found: FoundPlace[] = []
  const budget = { entries: mostEntries, untilMs: options.now() + longestMs }
  const base = { ...options, onFound: (place: FoundPlace) => void found.push(place), budget }
  await foundRoots({ ...base, ...nothingYet() }, file, roots)
  return found
}

const nothingYet = () => ({
  ...{ seen: new Set<string>(), named: new Set<string>(), told: new Map<string, FoundPlace>() },
  ...{ roots: new Set<string>(), yamls: new Set<string>(), foldersSought: 0 },
})

async function seek(search: Search, folder: string, depth: number): Promise<void> {
  search.foldersSought += 1
  if (search.foldersSought > mostFoldersSought || search.now() > search.budget.untilMs) return
  for (const name of await foldersIn(folder)) {
    if (isNoPlace(name)) continue
    const path = join(folder, name)
    const kind = kindByName(name)
    const isOne = kind !== null && (await program(search, path, kind))
    if (!isOne && depth > 1) await seek(search, path, depth - 1)
  }
}

/** Looks whether a folder is that program; true when models folders of it are there, with models or without. */
async function program(search: Search, path: string, kind: PlaceKind): Promise<boolean> {
  let isThere = false
  for (const folder of modelFolders[kind]) {
    const root = join(path, ...folder.split('/'))
    if (!(await isFolder(root))) continue
    isThere = true
    await place(search, root, kind)
  }
  const own = [path, join(path, 'ComfyUI')]
  if (kind === 'comfyui')
    for (const folder of own) await extraPaths(search, join(folder, 'extra_model_paths.yaml'))
  return isThere
}

async function place(search: Search, root: string, kind: PlaceKind): Promise<void> {
  const real = await realpath(root)
  if (search.roots.has(real)) return
  search.roots.add(real)
  const { budget, now } = search
  // Nothing is sent from there: what links lead to from elsewhere is met for the first time elsewhere.
  const seen = kind === 'hugging-face' ? new Set(search.seen) : search.seen
  const { models, isWhole } = await walkModels(root, {
    budget,
    seen,
    now,
    onlineOf: search.surroundings.platform,
  })
  if (models.length > 0) tell(search, { kind, path: root, models, isWhole })
}

function tell({ told, onFound }: Search, found: FoundPlace): void {
  told.set(found.path, found)
  onFound(found)
}

async function extraPaths(search: Search, file: string): Promise<void> {
  if (search.yamls.has(file)) return
  search.yamls.add(file)
  const roots = await rootsOfFile(file, search.surroundings, true)
  if (roots) await foundRoots(search, file, roots)
}

/**
 * Folders that one file names are one place: the person who wrote it thinks of them together. What was found in them before has
 * the type that is written down now, and leaves the place where it had none.
 */
async function foundRoots(search: Search, file: string, roots: readonly ExtraRoot[]): Promise<void> {
  const models: LocalModel[] = []
  let isWhole = true
  // The longest first: a type's own folder may lie inside another's.
  for (const { path, modelType } of [...roots].sort((one, other) => other.path.length - one.path.length)) {
    const { budget, named, now } = search
    const onlineOf = search.surroundings.platform
    const walked = await walkModels(path, { budget, seen: named, now, modelType, onlineOf })
    models.push(...walked.models)
    isWhole &&= walked.isWhole
  }
  const wasSeen = [...search.named].some((folder) => search.seen.has(folder))
  search.named.forEach((folder) => search.seen.add(folder))
  if (models.length === 0) return
  if (wasSeen) await takeAway(search, models)
  tell(search, { kind: 'extra-paths', path: file, models, isWhole })
}

async function takeAway(search: Search, models: readonly LocalModel[]): Promise<void> {
  const taken = new Set(await Promise.all(models.map(realOf)))
  for (const place of search.told.values()) {
    if (place.kind === 'extra-paths') continue
    const reals = await Promise.all(place.models.map(realOf))
    const rest = place.models.filter((_model, at) => !taken.has(reals[at] ?? ''))
    if (rest.length < place.models.length) tell(search, { ...place, models: rest })
  }
}

const realOf = ({ path }: LocalModel) => realpath(path).catch(() => path)

async function rootsOfFile(
  file: string,
  surroundings: Surroundings,
  staysHere = false,
): Promise<readonly ExtraRoot[] | null> {
  try {
    const facts = await stat(file)
    if (!facts.isFile() || facts.size > longestExtraPathsBytes) return null
    return parseExtraPaths(await readFile(file, 'utf8'), {
      ...surroundings,
      folder: dirname(file),
      staysHere,
    })
  } catch {
    return null
  }
}

/** Where ComfyUI's desktop app was told to keep everything. */
async function basePathOf(file: string): Promise<string | null> {
  try {
    if ((await stat(file)).size > longestExtraPathsBytes) return null
    const settings: unknown = JSON.parse(await readFile(file, 'utf8'))
    const base =
      typeof settings === 'object' && settings !== null && 'basePath' in settings ? settings.basePath : null
    return typeof base === 'string' && base !== '' && !base.includes('\0') ? base : null
  } catch {
    return null
  }
}

async function foldersIn(folder: string): Promise<string[]> {
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
