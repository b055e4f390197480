import type { Team } from '../../contract/account.ts'
import type { IncompleteScan } from '../../contract/discovery.ts'
import type { Result } from '../../contract/failures.ts'
import type { AddReport } from '../../contract/uploads.ts'
import type { WatchedFolderState } from '../../contract/watched-folders.ts'
import type { Environment } from '../../platform/environment.ts'
import type { FolderSearchResult } from '../scan/search-folder.ts'
import {
  isSameState,
  lastingIdOf,
  readFileState,
  type FileState,
  type FolderIdentity,
  type identifyFolder,
} from './file-state.ts'
import type { ReadExternalWeights } from './model-files.ts'
import { NewFileTracker, type NewFile, type ReadyModel } from './new-file-tracker.ts'
import type { LocalModel } from '../scan/walk-models.ts'
import { findMovedFiles, findOtherLinks } from './moved-files.ts'
import { isInUnreadFolder, stillUnread } from './unread-folders.ts'
import type { WatchWorkerClient } from './watch-worker-client.ts'
import type { MovedFile, StoredFile, StoredFolder, WatchedFolderStore } from './watched-folder-store.ts'

/** How often new files are checked while some of them change. */
const checkIntervalMs = 2_000
/** The same while they only wait for other files of their models, or until they can be enqueued. */
const waitingCheckIntervalMs = 15_000
/** A rescan finds files whose change was not reported. */
const rescanIntervalMs = 10 * 60_000
/** Network drives report no changes. */
const polledRescanIntervalMs = 60_000
/** How often a missing folder is looked for. */
const missingRescanIntervalMs = 15_000

/** States in which new models are enqueued. */
const enqueueingStates: readonly WatchedFolderState[] = ['watching', 'too-many', 'too-slow', 'unreadable']

export interface WatchedFolderContext {
  readonly store: Pick<
    WatchedFolderStore,
    'files' | 'saveFiles' | 'moveFiles' | 'unreadFolders' | 'saveOffered' | 'setRootId'
  >
  readonly watchWorker: Pick<WatchWorkerClient, 'start' | 'stop'>
  readonly environment: Environment
  readonly identifyFolder: typeof identifyFolder
  /** Whether a folder is on a drive that does not report all changes. */
  readonly isNetworkDrive: (folder: string) => Promise<boolean>
  /** All models in a folder, or those that were found before the search was cut short. */
  readonly searchFolder: (folder: string) => Promise<FolderSearchResult>
  readonly readExternalWeights: ReadExternalWeights
  /** Whether any signed-in account can upload to the team. */
  readonly canUpload: (accountId: string, team: Team) => boolean
  /** Enqueues nothing after `signal` aborts. */
  readonly enqueue: (
    paths: readonly string[],
    folder: StoredFolder,
    signal?: AbortSignal,
  ) => Promise<Result<AddReport>>
  /** Called when the folder's view has changed. */
  readonly onChange: () => void
}

/** One watched folder. All lasting state is in the database, so a restart loses nothing. */
export class WatchedFolder {
  folder: StoredFolder
  /** On a network drive, which is rescanned every minute instead of being watched. */
  isPolled = false
  readonly #context: WatchedFolderContext
  readonly #knownFiles = new Map<string, StoredFile>()
  /**
   * Known files that the last complete rescan didn't find. They stay known: a file or a disk that was away for a moment
   * is not new when it returns.
   */
  #missingPaths: ReadonlySet<string> = new Set()
  readonly #newFiles: NewFileTracker
  /** Files in these folders may be older than the watched folder, so they are offered when first found. */
  #unreadFolders: readonly string[]
  #incompleteCount = 0
  #enqueueing = new AbortController()
  #isMissing = false
  #isWatched = false
  /**
   * True after a start, a pause, or a loss of the folder, until a scan shows that it's still the same disk, or
   * has offered everything on another one. Nothing is enqueued meanwhile.
   */
  #mayBeOtherDisk: boolean
  /** Files that were offered meanwhile don't show that the disk is the same. */
  readonly #offeredInDoubt = new Set<string>()
  /** The folder itself at the last rescan. */
  #root: FolderIdentity | null = null
  /** `lastingIdOf` the folders of which nothing more must be offered: an empty one may be there between two mounts. */
  readonly #certainRoots = new Set<string>()
  /** Why the last rescan did not find everything. */
  #incompleteReason: IncompleteScan | null = null
  #isFirstScan = true
  #check: Promise<void> | null = null
  #rescan: Promise<void> | null = null
  #mustRescanAgain = false
  #isClosed = false
  #cancelCheckTimer: (() => void) | null = null
  #checkDelayMs = checkIntervalMs
  #cancelRescanTimer: (() => void) | null = null

  constructor(folder: StoredFolder, context: WatchedFolderContext) {
    this.folder = folder
    this.#context = context
    this.#newFiles = new NewFileTracker({
      root: folder.path,
      now: context.environment.now,
      readExternalWeights: context.readExternalWeights,
      knownState: (path) => this.#knownFiles.get(path),
    })
    for (const file of context.store.files(folder.id)) this.#knownFiles.set(file.path, file)
    this.#mayBeOtherDisk = this.#knownFiles.size > 0
    if (folder.rootId !== null) this.#certainRoots.add(folder.rootId)
    this.#unreadFolders = context.store.unreadFolders(folder.id)
  }

  get state(): WatchedFolderState {
    if (this.folder.isPaused) return 'paused'
    if (this.#isMissing) return 'gone'
    if (!this.#context.canUpload(this.folder.accountId, this.folder.team)) return 'signed-out'
    return this.#isFirstScan ? 'looking' : (this.#incompleteReason ?? 'watching')
  }

  get pendingCount(): number {
    return this.#newFiles.size
  }

  /** New files that are stable and wait for other files of their model. */
  get incompleteCount(): number {
    // The count is from the last check; files may have been removed with the folder since.
    return Math.min(this.#incompleteCount, this.#newFiles.size)
  }

  get offeredFiles(): readonly StoredFile[] {
    return [...this.#knownFiles.values()].filter(
      ({ path, state }) => state === 'offered' && !this.#missingPaths.has(path),
    )
  }

  /** Starts watching. Files that arrived meanwhile are found by a rescan. */
  start(): void {
    if (!this.#isActive) return
    this.#enqueueing = new AbortController()
    void this.rescan()
  }

  pause(): void {
    this.folder = { ...this.folder, isPaused: true }
    this.#stop()
    this.#newFiles.clear()
    this.#incompleteCount = 0
    this.#mayBeOtherDisk ||= this.#knownFiles.size > 0
  }

  resume(): void {
    this.folder = { ...this.folder, isPaused: false }
    this.start()
  }

  /** Sends all future models, and those that are pending, to another team. */
  setTeam(accountId: string, team: Team): void {
    this.folder = { ...this.folder, accountId, team }
    void this.checkNewFiles()
  }

  close(): void {
    this.#isClosed = true
    this.#stop()
  }

  /** The folder may be gone, or another disk at its path. If it was removed, its watcher has ended. */
  lost(isRemoved: boolean): void {
    this.#mayBeOtherDisk = true
    if (isRemoved) this.#setWatched(false)
    void this.rescan()
  }

  /** Checks a file that may be new. */
  onFileChanged(path: string): void {
    if (this.#newFiles.has(path) || this.folder.isPaused) return
    void this.#addChangedFile(path)
  }

  /**
   * Searches the whole folder, and checks whether the folder itself still exists. Calls during a rescan are
   * followed by one more.
   */
  rescan(): Promise<void> {
    this.#mustRescanAgain = true
    this.#rescan ??= this.#runRescans().finally(() => (this.#rescan = null))
    return this.#rescan
  }

  async #runRescans(): Promise<void> {
    while (this.#mustRescanAgain && this.#isActive) {
      this.#mustRescanAgain = false
      await this.#runRescan()
    }
  }

  async #runRescan(): Promise<void> {
    try {
      const result = await this.#searchFolder()
      if (!this.#isActive) return
      this.#isMissing = result === null
      if (this.#isMissing) this.#mayBeOtherDisk = true
      this.#setWatched(!this.#isMissing && !this.isPolled)
      this.#incompleteReason = result?.incompleteReason ?? null
      this.#isFirstScan = false
      if (result) this.#useResult(result)
      else this.#newFiles.clear()
    } catch (error) {
      this.#logError('a watched folder could not be rescanned', error)
    }
    if (!this.#isActive) return
    this.#context.onChange()
    this.#scheduleRescan()
  }

  #useResult(result: FolderSearchResult): void {
    this.#offerOlderFiles(result)
    const { moves, newModels } = findMovedFiles(this.#knownFiles.values(), result, (model) =>
      this.#isKnown(model),
    )
    if (moves.length > 0) this.#moveKnown(moves)
    if (result.incompleteReason === null) {
      this.#missingPaths = this.#findMissing(result)
      this.#offerOtherLinks()
    }
    for (const model of newModels) this.#addIfNew(model.path, model)
  }

  #findMissing({ models, unread }: FolderSearchResult): ReadonlySet<string> {
    const found = new Set(models.map(({ path }) => path))
    const paths = [...this.#knownFiles.keys()]
    return new Set(paths.filter((path) => !found.has(path) && !isInUnreadFolder(path, unread)))
  }

  #offerOtherLinks(): void {
    const isMissing = ({ path }: StoredFile) => this.#missingPaths.has(path)
    const { missing = [], present = [] } = Object.groupBy(this.#knownFiles.values(), (file) =>
      isMissing(file) ? 'missing' : 'present',
    )
    const changed = findOtherLinks(missing, present)
    if (changed.length === 0) return
    for (const file of changed) this.#knownFiles.set(file.path, file)
    try {
      this.#context.store.saveFiles(this.folder.id, changed)
    } catch (error) {
      // They are found again after a restart.
      this.#logError('offered files could not be stored', error)
    }
  }

  #moveKnown(moves: readonly MovedFile[]): void {
    for (const { from } of moves) this.#knownFiles.delete(from)
    for (const { file } of moves) {
      this.#knownFiles.set(file.path, file)
      this.#newFiles.remove(file.path)
    }
    try {
      this.#context.store.moveFiles(this.folder.id, moves)
    } catch (error) {
      // They are found again after a restart.
      this.#logError('files that were moved could not be stored', error)
    }
  }

  #logError(message: string, error: unknown): void {
    this.#context.environment.log.error(message, { error: String(error) })
  }

  /** Stores files that are no longer new, because they were enqueued or declined. */
  markKnown(files: readonly NewFile[]): void {
    // The folder was removed from the database meanwhile.
    if (this.#isClosed) return
    const knownFiles = files.map(({ path, sizeBytes, mtimeMs }): StoredFile => ({
      path,
      sizeBytes,
      mtimeMs,
      state: 'known',
    }))
    this.#context.store.saveFiles(this.folder.id, knownFiles)
    for (const file of knownFiles) {
      this.#knownFiles.set(file.path, file)
      this.#newFiles.remove(file.path)
      // The user has decided about it.
      this.#offeredInDoubt.delete(file.path)
    }
    this.#context.onChange()
  }

  /** Checks all new files and enqueues complete models. A call during a check joins it. */
  checkNewFiles(): Promise<void> {
    this.#check ??= this.#runCheck().finally(() => (this.#check = null))
    return this.#check
  }

  get #isActive(): boolean {
    return !this.#isClosed && !this.folder.isPaused
  }

  #stop(): void {
    this.#enqueueing.abort()
    this.#cancelCheckTimer?.()
    this.#cancelRescanTimer?.()
    this.#cancelCheckTimer = null
    this.#cancelRescanTimer = null
    this.#setWatched(false)
  }

  /** Null if the folder does not exist. */
  async #searchFolder() {
    const root = await this.#context.identifyFolder(this.folder.path)
    if (root === 'missing') return null
    // A share may have been mounted here since the last time.
    this.isPolled = await this.#context.isNetworkDrive(this.folder.path)
    if (this.#isActive && root !== 'unreadable') this.#compareRoot(root)
    // Before the search, so that no change after it is missed.
    if (this.#isActive) this.#setWatched(!this.isPolled)
    const { incompleteReason, ...found } = await this.#context.searchFolder(this.folder.path)
    return incompleteReason === 'gone' ? null : { ...found, incompleteReason }
  }

  /** Finds out whether the folder was replaced since the last rescan, and whether it's the known one. */
  #compareRoot(root: FolderIdentity): void {
    const { dev, ino, birthtimeNs } = this.#root ?? root
    if (dev !== root.dev || ino !== root.ino || birthtimeNs !== root.birthtimeNs) {
      this.#mayBeOtherDisk = true
      // Nothing is reported about the folder that took its place.
      this.#setWatched(false)
    }
    const lastingId = lastingIdOf(root)
    if (lastingId !== null && this.#certainRoots.has(lastingId)) this.#mayBeOtherDisk = false
    this.#root = root
    if (this.#mayBeOtherDisk) this.#newFiles.clear()
  }

  /** Offers files that may have been there before: in folders that could not be read, or on another disk. */
  #offerOlderFiles(result: FolderSearchResult): void {
    const isOtherDisk =
      this.#mayBeOtherDisk &&
      !result.models.some((model) => this.#isKnown(model) && !this.#offeredInDoubt.has(model.path))
    this.#mayBeOtherDisk = isOtherDisk && result.incompleteReason !== null
    const files = result.models
      .filter((model) =>
        isOtherDisk
          ? !this.#isKnown(model)
          : !this.#knownFiles.has(model.path) && isInUnreadFolder(model.path, this.#unreadFolders),
      )
      .map(toOfferedFile)
    if (this.#mayBeOtherDisk) for (const { path } of files) this.#offeredInDoubt.add(path)
    else {
      this.#offeredInDoubt.clear()
      this.#rememberRoot(result)
    }
    const unreadFolders = stillUnread(this.#unreadFolders, result)
    for (const file of files) this.#knownFiles.set(file.path, file)
    const isUnchanged = files.length === 0 && String(unreadFolders) === String(this.#unreadFolders)
    if (isUnchanged) return
    try {
      this.#context.store.saveOffered(this.folder.id, files, unreadFolders)
      this.#unreadFolders = unreadFolders
    } catch (error) {
      // They are offered until the end of the process, and found again after it.
      this.#logError('offered files could not be stored', error)
    }
  }

  #rememberRoot({ models }: FolderSearchResult): void {
    const lastingId = this.#root && lastingIdOf(this.#root)
    if (lastingId === null) return
    this.#certainRoots.add(lastingId)
    // One without models may be the empty folder where a disk is mounted.
    if (models.length === 0 || lastingId === this.folder.rootId) return
    try {
      this.#context.store.setRootId(this.folder.id, lastingId)
      this.folder = { ...this.folder, rootId: lastingId }
    } catch (error) {
      // After a restart only known files show that it's the same folder.
      this.#logError('the identity of a watched folder could not be stored', error)
    }
  }

  #setWatched(isWatched: boolean): void {
    if (isWatched === this.#isWatched) return
    this.#isWatched = isWatched
    const { watchWorker } = this.#context
    if (isWatched) watchWorker.start(this.folder.id, this.folder.path)
    else watchWorker.stop(this.folder.id)
  }

  #scheduleRescan(): void {
    this.#cancelRescanTimer?.()
    let delayMs = this.isPolled ? polledRescanIntervalMs : rescanIntervalMs
    if (this.#isMissing) delayMs = missingRescanIntervalMs
    this.#cancelRescanTimer = this.#context.environment.timers.after(delayMs, () => void this.rescan())
  }

  async #addChangedFile(path: string): Promise<void> {
    const state = await readFileState(path)
    // A rescan decides what is new; a running one may have missed the file.
    if (this.#mayBeOtherDisk) return void this.rescan()
    // A file in an unread folder is offered by the next rescan.
    const isOffered = !this.#knownFiles.has(path) && isInUnreadFolder(path, this.#unreadFolders)
    if (!state || isOffered) return
    // A rescan finds out whether a known file was moved to this path.
    if (this.#isKnownElsewhere({ path, ...state })) return void this.rescan()
    this.#addIfNew(path, state)
  }

  #addIfNew(path: string, state: FileState): void {
    // The state may have been read before a pause; a file added now would not be checked after it.
    if (!this.#isActive) return
    if (this.#newFiles.has(path) || this.#isKnown({ path, ...state })) return
    this.#newFiles.add(path, state)
    this.#context.onChange()
    this.#scheduleCheck()
  }

  #isKnown({ path, ...state }: NewFile): boolean {
    const known = this.#knownFiles.get(path)
    return known !== undefined && isSameState(known, state)
  }

  #isKnownElsewhere(file: NewFile): boolean {
    const { sizeBytes, mtimeMs } = file
    const hasSameState = (known: StoredFile) => known.sizeBytes === sizeBytes && known.mtimeMs === mtimeMs
    return !this.#isKnown(file) && [...this.#knownFiles.values()].some(hasSameState)
  }

  /** An earlier check stays scheduled, so that files that keep arriving do not postpone it. */
  #scheduleCheck(delayMs = checkIntervalMs): void {
    if (this.#newFiles.size === 0) return
    if (this.#cancelCheckTimer && this.#checkDelayMs <= delayMs) return
    this.#cancelCheckTimer?.()
    this.#checkDelayMs = delayMs
    this.#cancelCheckTimer = this.#context.environment.timers.after(delayMs, () => {
      this.#cancelCheckTimer = null
      void this.checkNewFiles()
    })
  }

  async #runCheck(): Promise<void> {
    if (!this.#isActive) return
    let areReadyEnqueued = false
    try {
      const { ready, incompleteCount } = await this.#newFiles.check()
      this.#incompleteCount = incompleteCount
      areReadyEnqueued = ready.length === 0 || (this.#canEnqueue() && (await this.#enqueue(ready)))
    } catch (error) {
      this.#logError('new files of a watched folder could not be checked', error)
    }
    if (this.#isClosed) return
    this.#context.onChange()
    const isWaiting = !areReadyEnqueued || this.#incompleteCount === this.#newFiles.size
    this.#scheduleCheck(isWaiting ? waitingCheckIntervalMs : checkIntervalMs)
  }

  #canEnqueue(): boolean {
    return !this.#isClosed && !this.#mayBeOtherDisk && enqueueingStates.includes(this.state)
  }

  /**
   * Enqueues before storing: after a crash in between, the files are checked again and recognised as queued.
   * False if not all files could be enqueued.
   */
  async #enqueue(ready: readonly ReadyModel[]): Promise<boolean> {
    const { signal } = this.#enqueueing
    const paths = [...new Set(ready.flatMap(({ pathsToEnqueue }) => pathsToEnqueue))]
    const report = await this.#context.enqueue(paths, this.folder, signal)
    // After an abort some files may not be enqueued, so all of them stay new.
    if (!report.ok || signal.aborted) return false
    this.markKnown(ready.flatMap(({ newFiles }) => newFiles))
    return true
  }
}

/** A model that is not uploaded unless the user asks for it. Another path of the same file is not offered twice. */
export function toOfferedFile({ path, sizeBytes, mtimeMs, isDuplicate }: LocalModel): StoredFile {
  return { path, sizeBytes, mtimeMs, state: isDuplicate ? 'known' : 'offered' }
}
