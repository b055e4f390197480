import type { BigIntStats, Dirent } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { failure } from '../../contract/failures.ts'
import type { Failure } from '../../contract/failures.ts'
import type { SkippedFile } from '../../contract/uploads.ts'
import {
  hasModelExtension,
  isComfyUiFolder,
  isCompanionFile,
  isJunkFolder,
  skipReason,
} from '../../recognition/file-names.ts'
import { compareCopies } from '../../recognition/copy-rank.ts'
import { findMissingParts } from '../../recognition/diffusers-components.ts'
import { unknownIdentity } from '../../recognition/found-file.ts'
import {
  maxDiffusersDepth,
  diffusersIndex,
  findGroup,
  createGroup,
  nameInGroup,
  otherGroupFiles,
  uploadKey,
} from '../../recognition/model-groups.ts'
import type { FoundGroup } from '../../recognition/model-groups.ts'
import { boundaryOf, staysInside } from '../../recognition/link-boundary.ts'
import { isSidecar, modelStems } from '../../recognition/sidecars.ts'
import type { FoundFile } from '../../recognition/found-file.ts'
import { checkEntry, isCloudPlaceholder } from '../../recognition/check-entry.ts'
import type { CheckedEntry } from '../../recognition/check-entry.ts'
import { fileFailure } from '../../platform/files/file-identity.ts'
import { readdir, realpath, stat } from '../../platform/files/original-fs.ts'

export interface CollectedFiles {
  readonly files: readonly FoundFile[]
  readonly skipped: readonly SkippedFile[]
  /** Name of a folder, if there are only folders, none of which has models. */
  readonly emptyFolder?: string
}

/** Of each reason: a disk may have a million files that are not models. */
const maxListedSkipped = 1_000

/** Enough to keep a disk busy, few enough for a network share. */
const statConcurrency = 64
/** Created on first use: it loads the language data of the ICU, which takes milliseconds. */
let nameCollator: Intl.Collator | undefined
const compareNames = (one: string, other: string): number => {
  nameCollator ??= new Intl.Collator('en', { numeric: true })
  return nameCollator.compare(one, other)
}

const cloudOnlyFailure = failure('file-placeholder')

interface Collection {
  readonly files: FoundFile[]
  readonly skipped: (SkippedFile & { readonly duplicateOf?: string })[]
  /** By their reason, also of those that are not listed. */
  readonly skippedCounts: Map<string, number>
  /** Indices in `files`. */
  readonly seenFiles: Map<string, number>
  readonly seenFolders: Set<string>
  seenCount: number
  /** The relative paths of the files of each model of several files, by the model's key. */
  readonly namesByGroup: Map<string, Set<string>>
  /** Absolute paths of the dropped files and of the files that were added with them. */
  readonly requestedPaths: Set<string>
  /** File names in the folders of dropped files. */
  readonly namesByFolder: Map<string, ReadonlySet<string>>
  readonly addedFolderOf: (path: string) => Promise<string | undefined>
  readonly signal: AbortSignal | undefined
  readonly onFound: CollectOptions['onFound']
  readonly platform: NodeJS.Platform
}

/** A folder that is being scanned. */
interface Folder {
  readonly real: string
  /** Its path as dropped, with links not resolved. */
  readonly place: string
  /** The folder that the user added, with links resolved. */
  readonly addedFolder: string
  /** Its path from the dropped folder on, `/`-separated. */
  readonly folder: string
  /** Keys of its parent folders, to detect loops of links. */
  readonly parents: ReadonlySet<string>
  /** The diffusers model that contains it. */
  readonly group: FoundGroup | null
}

export interface CollectOptions {
  /** The folder that was added, of a path in it; else each path was added itself. */
  readonly addedFolderOf?: ((path: string) => string) | undefined
  readonly signal?: AbortSignal | undefined
  /** Called with the number of files seen so far, models or not. */
  readonly onFound?: (count: number) => void
  readonly platform?: NodeJS.Platform
}

/**
 * Finds the model files among dropped files and folders, in the order of the drop and then by name. Links are
 * followed, but inside a model only to files and folders in the added folder (see `staysInside`). A folder inside
 * itself is skipped as a loop, a repeated file or folder as a duplicate, and an unreadable folder as
 * `folder-unreadable`. An unreadable file is returned with its failure. Rejects only if `signal` aborts.
 */
export async function collectFiles(
  paths: readonly string[],
  options: CollectOptions = {},
): Promise<CollectedFiles> {
  const dropped = paths.filter((path) => path !== '').map((path) => resolve(path))
  const stems = modelStems(dropped)
  const collection: Collection = {
    files: [],
    skipped: [],
    skippedCounts: new Map(),
    seenFiles: new Map(),
    seenFolders: new Set(),
    seenCount: 0,
    namesByGroup: new Map(),
    requestedPaths: new Set(dropped),
    namesByFolder: new Map(),
    addedFolderOf: resolvedFolderOf(options.addedFolderOf),
    signal: options.signal,
    onFound: options.onFound,
    platform: options.platform ?? process.platform,
  }
  for (const path of paths) {
    if (isSidecar(resolve(path), stems)) skip(collection, basename(path), 'sidecar')
    else await addDropped(collection, path)
  }
  const skipped = collection.skipped.map((file) => withKeptPath(collection, file))
  for (const [reason, count] of collection.skippedCounts) {
    const last = skipped.findLastIndex((file) => file.reason === reason)
    const others = count - skipped.filter((file) => file.reason === reason).length
    if (others > 0) skipped[last] = { ...(skipped[last] as SkippedFile), others }
  }
  // Those that need attention first: the list may be long.
  skipped.sort((one, other) => Number(needsAttention(other.reason)) - Number(needsAttention(one.reason)))
  const files = bestCopiesFirst(await withGroupFiles(collection))
  return { files, skipped, ...emptyFolderOf(collection, dropped[0]) }
}

/** The same with links resolved, each folder once. */
function resolvedFolderOf(addedFolderOf: CollectOptions['addedFolderOf']): Collection['addedFolderOf'] {
  const resolved = new Map<string, Promise<string>>()
  return async (path) => {
    const folder = addedFolderOf?.(path)
    if (folder === undefined) return undefined
    const real = resolved.get(folder) ?? realpath(folder).catch(() => folder)
    resolved.set(folder, real)
    return real
  }
}

function emptyFolderOf(
  { files, skipped, seenFolders }: Collection,
  path = '',
): Pick<CollectedFiles, 'emptyFolder'> {
  if (files.length > 0 || seenFolders.size === 0) return {}
  const isReadable = skipped.every(({ name, reason }) => name.includes('/') && !needsAttention(reason))
  return isReadable ? { emptyFolder: basename(path) } : {}
}

const needsAttention = (reason: string) => reason === 'link-outside' || reason === 'folder-unreadable'

/** Adds to a skipped duplicate the path that was kept. */
function withKeptPath(
  { files, seenFiles }: Collection,
  { duplicateOf, ...file }: Collection['skipped'][number],
): SkippedFile {
  const kept = files[seenFiles.get(duplicateOf ?? '') ?? -1]
  return kept ? { ...file, kept: relativePathOf(kept) } : file
}

const relativePathOf = ({ folder, name }: FoundFile) => (folder === '' ? name : `${folder}/${name}`)
const placedPathOf = ({ place, name }: FoundFile) => join(place, name)

/**
 * Puts the best copy first among files of one size, which may have the same bytes: the first one is uploaded.
 * All other files keep their places.
 */
function bestCopiesFirst(files: readonly FoundFile[]): readonly FoundFile[] {
  const ordered = [...files]
  const indices = [...files.keys()].filter((index) => !files[index]?.group && !files[index]?.failure)
  for (const sameSize of Map.groupBy(indices, (index) => files[index]?.sizeBytes).values()) {
    const copies = sameSize.flatMap((index) => files[index] ?? [])
    copies.sort((one, other) => compareCopies(placedPathOf(one), placedPathOf(other)))
    for (const [order, copy] of copies.entries()) ordered[sameSize[order] ?? -1] = copy
  }
  return ordered
}

function seen(collection: Collection, count: number): void {
  collection.seenCount += count
  collection.onFound?.(collection.seenCount)
}

/** Adds to each file of a multi-file model which files the model has. */
async function withGroupFiles({ files, namesByGroup }: Collection): Promise<readonly FoundFile[]> {
  const filesByGroup = new Map<string, readonly string[]>()
  for (const { group } of files) {
    if (!group || group.kind === 'shards' || filesByGroup.has(group.key)) continue
    const names = [...(namesByGroup.get(group.key) ?? [])]
    const missing = group.kind === 'diffusers' ? await findMissingParts(group.root, names) : []
    filesByGroup.set(group.key, [...names, ...missing])
  }
  return files.map((file) => {
    const groupFiles = filesByGroup.get(file.group?.key ?? '')
    return file.group && groupFiles ? { ...file, group: { ...file.group, files: groupFiles } } : file
  })
}

function noteGroupFile({ namesByGroup }: Collection, group: FoundGroup | null, name: string): void {
  if (!group) return
  const names = namesByGroup.get(group.key) ?? new Set()
  namesByGroup.set(group.key, names.add(nameInGroup(group, name)))
}

async function addDropped(collection: Collection, path: string): Promise<void> {
  collection.signal?.throwIfAborted()
  if (path === '') {
    collection.files.push(unreadableFile({ path: '', name: '', folder: '' }, failure('file-no-path')))
    return
  }
  const place = resolve(path)
  const name = basename(place)
  const known = await collection.addedFolderOf(place)
  try {
    const stats = await stat(place, { bigint: true })
    const real = await realpath(place)
    if (!stats.isDirectory())
      await addDroppedFile(collection, { real, known, place: dirname(place), name, stats })
    else if (isJunkFolder(name)) skip(collection, `${name}/`, 'junk')
    else {
      const addedFolder = known ?? real
      const folder = { real, place, addedFolder, folder: name, parents: new Set<string>(), group: null }
      await addFolder(collection, folder, stats)
    }
  } catch (error) {
    collection.signal?.throwIfAborted()
    const folder = dirname(place)
    const boundary = known ?? (await realpath(folder).catch(() => folder))
    const found = { path: place, name, folder: '', boundary, ...(known ? {} : { isNamed: true as const }) }
    collection.files.push(unreadableFile(found, fileFailure(error)))
  }
}

async function addDroppedFile(
  collection: Collection,
  file: Pick<CandidateFile, 'real' | 'place' | 'name' | 'stats'> & { readonly known: string | undefined },
): Promise<void> {
  const { known, place, name, stats } = file
  seen(collection, 1)
  const isPart = findGroup(name, await namesIn(collection, place), place) !== null
  const isOther = !stats.isFile() || (isCompanionFile(name) && !isPart)
  const reason = skipReason(name) ?? (isOther ? 'not-a-model' : null)
  if (reason) return skip(collection, name, reason)
  const realFolder = await realpath(place)
  const addedFolder = known ?? realFolder
  await addModel(collection, { ...file, realFolder, addedFolder, isNamed: known === undefined, folder: '' })
}

/**
 * Adds a dropped file with the rest of its model: its other shards and their index, or its external weights.
 */
async function addModel(
  collection: Collection,
  file: Omit<CandidateFile, 'group' | 'failure'>,
  requiredBy?: FoundFile,
): Promise<void> {
  const { name, place, stats, real, realFolder, addedFolder } = file
  const names = await namesIn(collection, place)
  const group = findGroup(name, names, place)
  const isCompanion = group !== null && !hasModelExtension(name)
  if (isCompanion && !staysInside(real, realFolder, boundaryOf(addedFolder, realFolder))) {
    noteGroupFile(collection, group, name)
    return skip(collection, name, 'link-outside')
  }
  const failure = isCloudPlaceholder(stats, collection.platform) ? cloudOnlyFailure : null
  const added = addFile(collection, { ...file, group, failure, requiredBy })
  if (requiredBy) return
  for (const other of otherGroupFiles(name, names)) {
    const path = join(place, other)
    if (!added || collection.requestedPaths.has(path)) continue
    collection.requestedPaths.add(path)
    try {
      const found = { real: await realpath(path), stats: await stat(path, { bigint: true }) }
      if (found.stats.isFile()) await addModel(collection, { ...file, ...found, name: other }, added)
    } catch {
      // Recognition reports the missing part with the dropped file.
    }
  }
}

async function namesIn(
  { namesByFolder, requestedPaths }: Collection,
  folder: string,
): Promise<ReadonlySet<string>> {
  const known = namesByFolder.get(folder)
  if (known) return known
  let names: ReadonlySet<string>
  try {
    names = new Set(await readdir(folder))
  } catch {
    // A folder may allow opening its files without allowing to list them.
    const paths = [...requestedPaths].filter((path) => dirname(path) === folder)
    names = new Set(paths.map((path) => basename(path)))
  }
  namesByFolder.set(folder, names)
  return names
}

async function addFolder(collection: Collection, folder: Folder, stats: BigIntStats): Promise<void> {
  const key = keyOf(stats, folder.real)
  if (folder.parents.has(key)) return skip(collection, `${folder.folder}/`, 'loop')
  // A multi-file model needs each of its folders, also if two of them are links to one.
  const seenKey = folder.group ? uploadKey({ path: key, name: '', group: folder.group }) : key
  if (collection.seenFolders.has(seenKey)) return skip(collection, `${folder.folder}/`, 'duplicate')
  collection.seenFolders.add(seenKey)
  const parents = new Set([...folder.parents, key])

  let entries: Dirent[]
  try {
    entries = await readdir(folder.real, { withFileTypes: true })
  } catch {
    // No file that could be inspected again: its models are found when the folder is added again.
    return skip(collection, `${folder.folder}/`, 'folder-unreadable')
  }
  // A folder is visited by its own name first: the name of a link may suggest another type.
  entries.sort(
    (one, other) =>
      Number(one.isSymbolicLink()) - Number(other.isSymbolicLink()) || compareNames(one.name, other.name),
  )
  const names = new Set(entries.map((entry) => entry.name))
  const besideModels = isComfyUiFolder(names)
  const group =
    folder.group ??
    (names.has(diffusersIndex) ? createGroup(folder.real, '', basename(folder.place), 'diffusers') : null)
  const siblings = {
    besideModels,
    stems: modelStems(names),
    names,
    group,
    addedFolder: folder.addedFolder,
    device: stats.dev,
    platform: collection.platform,
  }
  for (let start = 0; start < entries.length; start += statConcurrency) {
    collection.signal?.throwIfAborted()
    const some = entries.slice(start, start + statConcurrency)
    const checked = await Promise.all(some.map((entry) => checkEntry(entry, folder.real, siblings)))
    seen(collection, checked.filter(({ facts }) => !facts?.isDirectory()).length)
    for (const one of checked) await addEntry(collection, { ...folder, parents, group }, one)
  }
}

async function addEntry(collection: Collection, parent: Folder, checked: CheckedEntry): Promise<void> {
  const { entry, facts, real } = checked
  const relativePath = `${parent.folder}/${entry.name}`
  if (isMissingFile(checked)) noteGroupFile(collection, checked.group, entry.name)
  if (checked.skip) {
    const isFolder = facts?.isDirectory() || entry.isDirectory()
    return skip(collection, isFolder ? `${relativePath}/` : relativePath, checked.skip)
  }
  if (!facts && entry.isDirectory()) return skip(collection, `${relativePath}/`, 'folder-unreadable')
  if (!facts) {
    const reason = checked.failure ?? failure('file-unreadable')
    const { folder, addedFolder: boundary } = parent
    const file = unreadableFile({ path: real, name: entry.name, folder, boundary }, reason)
    collection.files.push({
      ...file,
      place: parent.place,
      ...(checked.group ? { group: checked.group } : {}),
    })
  } else if (facts.isDirectory()) {
    const place = join(parent.place, entry.name)
    const { group: outer } = parent
    const group =
      outer && outer.within.length < maxDiffusersDepth
        ? { ...outer, within: [...outer.within, entry.name] }
        : null
    const { addedFolder, parents } = parent
    await addFolder(collection, { real, place, addedFolder, folder: relativePath, parents, group }, facts)
  } else {
    const { place, folder, addedFolder } = parent
    addFile(collection, {
      real,
      realFolder: parent.real,
      addedFolder,
      place,
      folder,
      name: entry.name,
      stats: facts,
      group: checked.group,
      failure: null,
    })
  }
}

/** Whether a file exists but can't be sent, so that its model is incomplete. */
function isMissingFile({ skip: reason, facts, failure: readFailure }: CheckedEntry): boolean {
  if (facts?.isDirectory()) return false
  return reason === 'placeholder' || reason === 'link-outside' || readFailure !== null
}

interface CandidateFile {
  readonly real: string
  /** The folder that lists it, with links resolved. */
  readonly realFolder: string
  readonly addedFolder: string
  /** The user has added the file itself. */
  readonly isNamed?: boolean
  readonly place: string
  readonly folder: string
  readonly name: string
  readonly stats: BigIntStats
  readonly group: FoundGroup | null
  readonly failure: Failure | null
  readonly requiredBy?: FoundFile | undefined
}

/**
 * Adds a file, or of two paths of one file the one that workflows look for. A duplicate is reported unless it
 * would only accompany another file.
 */
function addFile(collection: Collection, candidate: CandidateFile): FoundFile | null {
  const { real, addedFolder, isNamed, place, folder, name, stats, group, failure: reason } = candidate
  const { requiredBy } = candidate
  const key = uploadKey({ path: keyOf(stats, real), name, group })
  noteGroupFile(collection, group, name)
  const file: FoundFile = {
    path: real,
    name,
    folder,
    place,
    sizeBytes: Number(stats.size),
    mtimeNs: stats.mtimeNs,
    inode: stats.ino,
    device: stats.dev,
    boundary: addedFolder,
    ...(isNamed && !requiredBy ? { isNamed } : {}),
    ...(group ? { group } : {}),
    ...(requiredBy ? { requiredBy } : {}),
    failure: reason,
  }
  const seenIndex = collection.seenFiles.get(key)
  const seen = collection.files[seenIndex ?? -1]
  if (seenIndex === undefined || !seen) {
    collection.seenFiles.set(key, collection.files.push(file) - 1)
    return file
  }
  if (requiredBy) return null
  const isBetter = compareCopies(placedPathOf(file), placedPathOf(seen)) < 0
  if (isBetter) collection.files[seenIndex] = file
  const skipped = isBetter ? seen : file
  const isSamePath = placedPathOf(file) === placedPathOf(seen)
  skip(collection, relativePathOf(skipped), 'duplicate', isSamePath ? {} : { duplicateOf: key })
  return isBetter ? file : null
}

/**
 * Identifies a file or folder. Some network file systems have no inode numbers, so the path is used there.
 */
function keyOf(stats: BigIntStats, real: string): string {
  return stats.ino === 0n ? real : `${stats.dev}:${stats.ino}`
}

function skip(
  { skipped, skippedCounts }: Collection,
  name: string,
  reason: string,
  details: { readonly duplicateOf?: string } = {},
): void {
  const count = (skippedCounts.get(reason) ?? 0) + 1
  skippedCounts.set(reason, count)
  if (count <= maxListedSkipped || needsAttention(reason)) skipped.push({ name, reason, ...details })
}

function unreadableFile(
  file: Pick<FoundFile, 'path' | 'name' | 'folder' | 'boundary' | 'isNamed'>,
  reason: Failure,
): FoundFile {
  return { ...unknownIdentity, ...file, place: dirname(file.path), device: 0n, failure: reason }
}
