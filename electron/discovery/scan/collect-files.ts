import type { BigIntStats, Dirent } from 'node:fs'
import { readdir, realpath, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { failure } from '../../contract/failures.ts'
import type { Failure } from '../../contract/failures.ts'
import type { SkippedFile } from '../../contract/uploads.ts'
import { isComfyUiFolder, isCompanionFile, isJunkFolder, skipReason } from '../../recognition/file-names.ts'
import { unknownIdentity } from '../../recognition/found-file.ts'
import {
  maxDiffusersDepth,
  diffusersIndex,
  findGroup,
  createGroup,
  otherGroupFiles,
} from '../../recognition/model-groups.ts'
import type { FoundGroup } from '../../recognition/model-groups.ts'
import { isSidecar, modelStems } from '../../recognition/sidecars.ts'
import type { FoundFile } from '../../recognition/found-file.ts'
import { checkEntry, failureFromFileError, isCloudPlaceholder } from '../../recognition/check-entry.ts'
import type { CheckedEntry } from '../../recognition/check-entry.ts'

export interface Collected {
  readonly files: readonly FoundFile[]
  readonly skipped: readonly SkippedFile[]
}

/** Files looked at together: enough to keep a disk busy, few enough for a network share. */
const statsAtOnce = 64
const byName = new Intl.Collator('en', { numeric: true })

const onlyInCloud = failure('file-placeholder')

interface Collection {
  readonly files: FoundFile[]
  readonly skipped: SkippedFile[]
  readonly seenFiles: Set<string>
  readonly seenFolders: Set<string>
  /** What was named, as absolute paths, and what goes along with it. */
  readonly named: Set<string>
  /** The names in folders out of which single files were named. */
  readonly beside: Map<string, ReadonlySet<string>>
  readonly signal: AbortSignal | undefined
  readonly platform: NodeJS.Platform
}

/** A folder on the way down: where it is, how it was reached, and which folders are above it. */
interface Folder {
  readonly real: string
  readonly place: string
  readonly folder: string
  readonly above: ReadonlySet<string>
  /** The diffusers model that it lies in. */
  readonly group: FoundGroup | null
}

/**
 * Finds the model files among dropped files and folders, in the order of the drop and then by name. Links are followed;
 * a folder met again on its own way down is a loop, a file or folder met a second time is a duplicate. Paths that can't
 * be read come back as files with their failure. Rejects only when `signal` aborts.
 */
export async function collectFiles(
  paths: readonly string[],
  options: { readonly signal?: AbortSignal | undefined; readonly platform?: NodeJS.Platform } = {},
): Promise<Collected> {
  const dropped = paths.filter((path) => path !== '').map((path) => resolve(path))
  const stems = modelStems(dropped)
  const collection: Collection = {
    files: [],
    skipped: [],
    seenFiles: new Set(),
    seenFolders: new Set(),
    named: new Set(dropped),
    beside: new Map(),
    signal: options.signal,
    platform: options.platform ?? process.platform,
  }
  for (const path of paths) {
    if (isSidecar(resolve(path), stems)) skip(collection, basename(path), 'sidecar')
    else await addDropped(collection, path)
  }
  return { files: collection.files, skipped: collection.skipped }
}

async function addDropped(collection: Collection, path: string): Promise<void> {
  collection.signal?.throwIfAborted()
  if (path === '') {
    collection.files.push(unseen('', '', '', failure('file-no-path')))
    return
  }
  const place = resolve(path)
  const name = basename(place)
  try {
    const facts = await stat(place, { bigint: true })
    const real = await realpath(place)
    if (facts.isDirectory()) {
      if (isJunkFolder(name)) skip(collection, `${name}/`, 'junk')
      else await addFolder(collection, { real, place, folder: name, above: new Set(), group: null }, facts)
    } else {
      const names = await namesBeside(collection, dirname(place))
      const isPart = findGroup(name, names, dirname(place)) !== null
      const isNone = !facts.isFile() || (isCompanionFile(name) && !isPart)
      const reason = skipReason(name) ?? (isNone ? 'not-a-model' : null)
      if (reason) skip(collection, name, reason)
      else await addModel(collection, { real, place: dirname(place), folder: '', name, facts })
    }
  } catch (error) {
    collection.files.push(unseen(place, name, '', failureFromFileError(error)))
  }
}

/** A file that was named, and what makes one model with it: its other parts and their index, or its weights. */
async function addModel(
  collection: Collection,
  file: Omit<Met, 'group' | 'failure'>,
  along?: FoundFile,
): Promise<void> {
  const { name, place, facts } = file
  const names = await namesBeside(collection, place)
  const failure = isCloudPlaceholder(facts, collection.platform) ? onlyInCloud : null
  const added = addFile(collection, { ...file, group: findGroup(name, names, place), failure, along })
  if (along) return
  for (const other of otherGroupFiles(name, names)) {
    const path = join(place, other)
    if (!added || collection.named.has(path)) continue
    collection.named.add(path)
    try {
      const more = { real: await realpath(path), facts: await stat(path, { bigint: true }) }
      if (more.facts.isFile()) await addModel(collection, { ...file, ...more, name: other }, added)
    } catch {
      // Whoever looks at the file that was named says that a part is missing.
    }
  }
}

async function namesBeside({ beside, named }: Collection, folder: string): Promise<ReadonlySet<string>> {
  const known = beside.get(folder)
  if (known) return known
  let names: ReadonlySet<string>
  try {
    names = new Set(await readdir(folder))
  } catch {
    // A folder may let its files be opened and not be listed.
    names = new Set([...named].filter((one) => dirname(one) === folder).map((one) => basename(one)))
  }
  beside.set(folder, names)
  return names
}

async function addFolder(collection: Collection, folder: Folder, facts: BigIntStats): Promise<void> {
  const key = keyOf(facts, folder.real)
  if (folder.above.has(key)) return skip(collection, `${folder.folder}/`, 'loop')
  if (collection.seenFolders.has(key)) return skip(collection, `${folder.folder}/`, 'duplicate')
  collection.seenFolders.add(key)
  const above = new Set([...folder.above, key])

  let entries: Dirent[]
  try {
    entries = await readdir(folder.real, { withFileTypes: true })
  } catch (error) {
    collection.files.push(
      unseen(folder.real, basename(folder.place), folder.folder, failureFromFileError(error)),
    )
    return
  }
  entries.sort((one, other) => byName.compare(one.name, other.name))
  const names = new Set(entries.map((entry) => entry.name))
  const besideModels = isComfyUiFolder(names)
  const group =
    folder.group ??
    (names.has(diffusersIndex) ? createGroup(folder.real, '', basename(folder.place), 'diffusers') : null)
  const around = { besideModels, stems: modelStems(names), names, group, platform: collection.platform }
  for (let start = 0; start < entries.length; start += statsAtOnce) {
    collection.signal?.throwIfAborted()
    const some = entries.slice(start, start + statsAtOnce)
    for (const look of await Promise.all(some.map((entry) => checkEntry(entry, folder.real, around)))) {
      await addEntry(collection, { ...folder, above, group }, look)
    }
  }
}

/** Asks the disk only for what its name does not already rule out. */
async function addEntry(collection: Collection, parent: Folder, look: CheckedEntry): Promise<void> {
  const { entry, facts, real } = look
  const within = `${parent.folder}/${entry.name}`
  if (look.skip)
    return skip(collection, facts?.isDirectory() || entry.isDirectory() ? `${within}/` : within, look.skip)
  if (!facts) {
    const reason = look.failure ?? failure('file-unreadable')
    collection.files.push({ ...unseen(real, entry.name, parent.folder, reason), place: parent.place })
  } else if (facts.isDirectory()) {
    const place = join(parent.place, entry.name)
    const { group: outer } = parent
    const group =
      outer && outer.within.length < maxDiffusersDepth
        ? { ...outer, within: [...outer.within, entry.name] }
        : null
    await addFolder(collection, { real, place, folder: within, above: parent.above, group }, facts)
  } else {
    const { place, folder } = parent
    addFile(collection, { real, place, folder, name: entry.name, facts, group: look.group, failure: null })
  }
}

interface Met {
  readonly real: string
  readonly place: string
  readonly folder: string
  readonly name: string
  readonly facts: BigIntStats
  readonly group: FoundGroup | null
  readonly failure: Failure | null
  readonly along?: FoundFile | undefined
}

/** Adds a file unless it is there already under another name; nobody named what only goes along, so nobody misses it. */
function addFile(collection: Collection, met: Met): FoundFile | null {
  const { real, place, folder, name, facts, group, failure: reason, along } = met
  const key = keyOf(facts, real)
  if (collection.seenFiles.has(key)) {
    if (!along) skip(collection, folder ? `${folder}/${name}` : name, 'duplicate')
    return null
  }
  collection.seenFiles.add(key)
  const file: FoundFile = {
    path: real,
    name,
    folder,
    place,
    sizeBytes: Number(facts.size),
    mtimeNs: facts.mtimeNs,
    inode: facts.ino,
    device: facts.dev,
    ...(group ? { group } : {}),
    ...(along ? { requiredBy: along } : {}),
    failure: reason,
  }
  collection.files.push(file)
  return file
}

/** Some network file systems number nothing; there the path has to tell files apart. */
function keyOf(facts: BigIntStats, real: string): string {
  return facts.ino === 0n ? real : `${facts.dev}:${facts.ino}`
}

function skip(collection: Collection, name: string, reason: string): void {
  collection.skipped.push({ name, reason })
}

function unseen(path: string, name: string, folder: string, reason: Failure): FoundFile {
  return { ...unknownIdentity, path, name, folder, place: dirname(path), device: 0n, failure: reason }
}
