import { createHash } from 'node:crypto'
import { watch, type BigIntStats, type FSWatcher } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { basename, dirname, join, parse } from 'node:path'
import { isFixedByChangedFile, type FailureCode } from '../contract/failures.ts'
import type { MountQueue } from '../discovery/scan/mounts.ts'
import { isNetworkDrive } from '../discovery/watched-folders/network-drive.ts'
import { isStopped, type Rows } from '../journal/rows.ts'
import type { UploadRecord } from '../journal/upload-record.ts'
import { withTimeout } from '../platform/delays.ts'
import type { Environment } from '../platform/environment.ts'
import { identityOf, isUntouched } from '../platform/files/file-identity.ts'
import { parseShardName } from '../recognition/model-groups.ts'

/** A copy or a download reports many changes; they are looked at together after this time, in ms. */
const settleMs = 1_000
/** How long changed files wait for others that are checked with them, in ms: a check on a network share may hang. */
const maxBatchMs = 10_000

/** Each takes a watch of the system, of which Linux allows some thousand (inotify(7), max_user_watches). */
const maxWatchedFolders = 200

/** How often folders that can't be watched are looked at, in ms: missing ones and network drives. */
const lookEveryMs = 60_000
/** How many files of such folders are looked at each time. */
const filesPerLook = 100

/** Entries of a folder whose sizes and times are compared when a failure depends on the files beside it. */
const maxComparedEntries = 500

/** Failures that end when other files change: the rest of the model, a download's marker, a link. */
const dependsOnOtherFiles: ReadonlySet<FailureCode> = new Set([
  'file-part-missing',
  'file-weights-apart',
  'file-downloading',
  'file-link',
])
/** Failures of a file that may be as it was before, once it can be read again. */
const endsWhenReadable: ReadonlySet<FailureCode> = new Set(['file-missing', 'file-unreadable'])

interface Folder {
  readonly ids: Set<string>
  /** Null until it is watched, and for one that can't be. */
  watcher: FSWatcher | null
}

interface ChangedFileOptions {
  readonly rows: Pick<Rows, 'get' | 'ids'>
  /** Inspects files again. */
  readonly recheck: (ids: readonly string[]) => Promise<unknown>
  readonly environment: Pick<Environment, 'timers'>
  readonly mountQueue: Pick<MountQueue, 'run'>
  /** Instead of the system's, for tests. */
  readonly stat?: (path: string) => Promise<BigIntStats>
}

/**
 * Rechecks refused files when they change on the disk, without reading those that didn't. Their folders are
 * watched, each once however many such files it has.
 */
export class ChangedFileRechecks {
  readonly #options: ChangedFileOptions
  readonly #folders = new Map<string, Folder>()
  /** Those with a watcher. */
  readonly #watched = new Set<Folder>()
  readonly #foldersOf = new Map<string, readonly string[]>()
  /** What was beside a file when it was last looked at, if its failure depends on that. */
  readonly #surroundings = new Map<string, string>()
  readonly #due = new Set<string>()
  /** Folders that wait to be watched. */
  readonly #foldersToOpen = new Set<string>()
  /** Files that wait to be checked, by folder. */
  readonly #idsToCheck = new Map<string, Set<string>>()
  readonly #stat: (path: string) => Promise<BigIntStats | null>
  #cancelCheck: (() => void) | null = null
  #cancelLook: (() => void) | null = null
  #isActive = false

  constructor(options: ChangedFileOptions) {
    this.#options = options
    const { stat: statOf = (path) => stat(path, { bigint: true }) } = options
    this.#stat = (path) => statOf(path).catch(() => null)
  }

  /** Also finds what changed since the last process ended. */
  start(): void {
    this.#isActive = true
    for (const id of this.#options.rows.ids()) this.rowChanged(id)
    this.checkAll()
  }

  close(): void {
    this.#isActive = false
    this.#cancelCheck?.()
    this.#cancelLook?.()
    for (const folder of this.#folders.values()) this.#stopWatching(folder)
    this.#folders.clear()
  }

  /** An upload was added, removed or changed. */
  rowChanged(id: string): void {
    if (!this.#isActive) return
    const record = this.#recordOf(id)
    const names = record ? foldersToWatch(record) : []
    const known = this.#foldersOf.get(id) ?? []
    if (names.length === known.length && names.every((name, index) => name === known[index])) return
    this.#unfollow(id)
    if (names.length > 0) this.#foldersOf.set(id, names)
    for (const name of names) this.#follow(id, name)
  }

  /** Compares all refused files with what was inspected: changes during sleep are not reported. */
  checkAll(): void {
    this.#check(this.#foldersOf.keys())
  }

  /** The record of a refused file that a change may fix. */
  #recordOf(id: string): UploadRecord | null {
    const row = this.#options.rows.get(id)
    const failure = row && isStopped(row) ? row.record.failure : null
    return row && failure && isFixedByChangedFile(failure) ? row.record : null
  }

  #follow(id: string, name: string): void {
    const known = this.#folders.get(name)
    const folder = known ?? { ids: new Set(), watcher: null }
    folder.ids.add(id)
    if (known) return
    this.#folders.set(name, folder)
    this.#openFolders([name])
    this.#scheduleLook()
  }

  #unfollow(id: string): void {
    const names = this.#foldersOf.get(id) ?? []
    this.#foldersOf.delete(id)
    this.#surroundings.delete(id)
    for (const name of names) {
      const folder = this.#folders.get(name)
      folder?.ids.delete(id)
      if (folder?.ids.size !== 0) continue
      this.#stopWatching(folder)
      this.#folders.delete(name)
    }
  }

  async #open(name: string): Promise<void> {
    const isFull = () => this.#watched.size >= maxWatchedFolders
    if (isFull() || !this.#folders.has(name) || !(await this.#isWatchable(name))) return
    const folder = this.#folders.get(name)
    if (!this.#isActive || !folder || folder.watcher || isFull()) return
    try {
      const watcher = watch(name, { persistent: false }, (event, file) => {
        // The folder itself was moved or deleted: another one may take its place.
        if (event === 'rename' && file === basename(name)) this.#stopWatching(folder)
        this.#folderChanged(folder, file)
      })
      folder.watcher = watcher
      this.#watched.add(folder)
      watcher.on('error', () => this.#stopWatching(folder))
    } catch {
      // Looked at every minute instead.
      return
    }
    // Files may have changed before their folder was watched.
    this.#check(folder.ids)
  }

  #stopWatching(folder: Folder): void {
    folder.watcher?.close()
    folder.watcher = null
    this.#watched.delete(folder)
  }

  #folderChanged({ ids }: Folder, file: string | null): void {
    const affected = [...ids].filter((id) => {
      const record = this.#recordOf(id)
      if (!record?.failure) return false
      return file === null || dependsOnOtherFiles.has(record.failure.code) || basename(record.path) === file
    })
    this.#check(affected)
    // A missing folder of a model may have been created.
    const names = new Set(affected.flatMap((id) => this.#foldersOf.get(id) ?? []))
    const unwatched = [...names].filter((name) => this.#folders.get(name)?.watcher === null)
    this.#openFolders(unwatched)
  }

  #check(ids: Iterable<string>): void {
    for (const id of ids) this.#due.add(id)
    if (this.#due.size === 0 || !this.#isActive) return
    this.#cancelCheck ??= this.#options.environment.timers.after(settleMs, () => {
      this.#cancelCheck = null
      const now = [...this.#due]
      this.#due.clear()
      void this.#checkNow(now)
    })
  }

  /** Watches folders, except those that are waiting for it already. */
  #openFolders(names: readonly string[]): void {
    for (const name of names) {
      if (this.#foldersToOpen.has(name)) continue
      this.#foldersToOpen.add(name)
      void this.#options.mountQueue.run(name, () => {
        this.#foldersToOpen.delete(name)
        return this.#open(name)
      })
    }
  }

  /** Rechecks the files of these that have changed, together unless a folder hangs. */
  async #checkNow(ids: readonly string[]): Promise<void> {
    const changedIds: string[] = []
    const checks = this.#addToCheck(ids).map((folder) =>
      this.#options.mountQueue.run(folder, () => this.#addChanged(folder, changedIds)),
    )
    const finished = Promise.all(checks)
    const { timers } = this.#options.environment
    let isFinished = checks.length === 0
    while (this.#isActive && !isFinished) {
      isFinished = (await withTimeout(finished, timers, maxBatchMs)) !== null
      // Not awaited: inspecting files takes long, and others can be checked meanwhile.
      if (this.#isActive && changedIds.length > 0) void this.#options.recheck(changedIds.splice(0))
    }
  }

  /** Returns the folders of files that no earlier call will check. */
  #addToCheck(ids: readonly string[]): readonly string[] {
    const added: string[] = []
    for (const id of ids) {
      const record = this.#recordOf(id)
      if (!record) continue
      const folder = dirname(record.path)
      const waiting = this.#idsToCheck.get(folder)
      if (!waiting) added.push(folder)
      this.#idsToCheck.set(folder, (waiting ?? new Set()).add(id))
    }
    return added
  }

  async #addChanged(folder: string, changedIds: string[]): Promise<void> {
    const ids = this.#idsToCheck.get(folder) ?? []
    this.#idsToCheck.delete(folder)
    for (const id of ids) {
      const record = this.#isActive ? this.#recordOf(id) : null
      if (record && (await this.#isChanged(record))) changedIds.push(id)
    }
  }

  async #isChanged(record: UploadRecord): Promise<boolean> {
    const { id, path, identity, failure } = record
    const found = await this.#stat(path)
    if (!found || !failure) return false
    if (endsWhenReadable.has(failure.code)) return true
    if (!dependsOnOtherFiles.has(failure.code)) return !isUntouched(identityOf(found), identity)
    const before = this.#surroundings.get(id)
    const now = `${describeEntry(path, found)}\n\n${await this.#describeFolders(record)}`
    this.#surroundings.set(id, now)
    return before !== now
  }

  /** Folders that are missing may be back, and network drives report no changes. */
  #look(): void {
    this.#cancelLook = null
    const unwatched = [...this.#folders].filter(([, { watcher }]) => watcher === null)
    this.#openFolders(unwatched.map(([name]) => name))
    const ids = unwatched.flatMap(([, folder]) => [...folder.ids]).slice(0, filesPerLook)
    this.#check(ids)
    // The others have their turn next time.
    for (const id of ids) for (const name of this.#foldersOf.get(id) ?? []) moveToEnd(this.#folders, name, id)
    this.#scheduleLook()
  }

  #scheduleLook(): void {
    if (!this.#isActive || this.#folders.size === 0) return
    this.#cancelLook ??= this.#options.environment.timers.after(lookEveryMs, () => this.#look())
  }

  /** Also keeps the call that watches from blocking: a folder that does not respond never gets there. */
  async #isWatchable(folder: string): Promise<boolean> {
    const found = await this.#stat(folder)
    return found?.isDirectory() === true && !(await isNetworkDrive(folder, process.platform))
  }

  /** A digest of all names in a file's folders, and of some sizes and times, those of its model first. */
  async #describeFolders(record: UploadRecord): Promise<string> {
    const digest = createHash('sha256')
    for (const folder of foldersToWatch(record)) {
      const names = (await readdir(folder).catch(() => [])).sort()
      digest.update(`${names.join('\n')}\n\n`)
      for (const name of modelNamesFirst(names, record).slice(0, maxComparedEntries))
        digest.update(`${describeEntry(name, await this.#stat(join(folder, name)))}\n`)
    }
    return digest.digest('base64')
  }
}

/**
 * Other files of a model are beside the link by which a file was found, not beside the file itself. The
 * weights of an ONNX graph may be in a folder below it.
 */
function foldersToWatch({ path, failure, seen }: UploadRecord): readonly string[] {
  if (!failure || !dependsOnOtherFiles.has(failure.code)) return [dirname(path)]
  const folder = seen?.place ?? dirname(path)
  const { missing } = failure.params
  const ofMissing = typeof missing === 'string' ? join(folder, dirname(missing)) : folder
  return ofMissing === folder ? [folder] : [folder, ofMissing]
}

/** Sorts the names of a file's model, and of what it lacks, before others. */
function modelNamesFirst(names: readonly string[], record: UploadRecord): readonly string[] {
  const { fileName, failure, seen } = record
  const { shard = parseShardName(fileName), files = [] } = seen?.group ?? {}
  const stem = shard?.stem ?? parse(fileName).name
  const others = new Set([...files, String(failure?.params.missing)].map((name) => basename(name)))
  const isOfModel = (name: string) => name.startsWith(stem) || others.has(name)
  return [...names.filter(isOfModel), ...names.filter((name) => !isOfModel(name))]
}

/** Moves a folder, and a file in it, to the end of their order. */
function moveToEnd(folders: Map<string, Folder>, name: string, id: string): void {
  const folder = folders.get(name)
  if (!folder) return
  folders.delete(name)
  folders.set(name, folder)
  if (folder.ids.delete(id)) folder.ids.add(id)
}

const describeEntry = (name: string, entry: BigIntStats | null) =>
  `${name} ${entry?.size ?? ''} ${entry?.mtimeNs ?? ''}`
