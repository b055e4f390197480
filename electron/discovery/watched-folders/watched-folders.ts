import { randomUUID } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import process from 'node:process'
import type { Team, TeamChoice } from '../../contract/account.ts'
import type { CallHandlers, CallNameIn, CallNameOf } from '../../contract/calls.ts'
import { failed, failure, success, type Failure, type Result } from '../../contract/failures.ts'
import type { AddReport } from '../../contract/uploads.ts'
import type { WatchedFolderView, WatchedFoldersView } from '../../contract/watched-folders.ts'
import type { Environment } from '../../platform/environment.ts'
import type { MountQueue } from '../scan/mounts.ts'
import type { FolderSearchResult } from '../scan/search-folder.ts'
import { isWithin } from '../../recognition/link-boundary.ts'
import { pathsToEnqueueFor, type ReadExternalWeights } from './model-files.ts'
import { identifyFolder } from './file-state.ts'
import { isNetworkDrive } from './network-drive.ts'
import { WatchWorkerClient } from './watch-worker-client.ts'
import { toOfferedFile, WatchedFolder, type WatchedFolderContext } from './watched-folder.ts'
import { WatchedFolderStore, type StoredFile, type StoredFolder } from './watched-folder-store.ts'

/** The others are confirmed by the user first. */
type EngineCallName = Extract<CallNameIn<'watchedFolders'>, CallNameOf<'engine'>>

/** An account and a team that it can upload to. */
interface UploadTeam {
  readonly accountId: string
  readonly team: Team
}

export interface WatchedFoldersOptions {
  readonly database: DatabaseSync
  /** The built watch worker. */
  readonly worker: URL
  readonly environment: Environment
  readonly mountQueue: Pick<MountQueue, 'run'>
  readonly onChange: (view: WatchedFoldersView) => void
  readonly modelFinder: {
    searchFolder(folder: string): Promise<FolderSearchResult>
    readonly readExternalWeights: ReadExternalWeights
    displayPath(path: string): string
    rememberFolder(folder: string): void
  }
  readonly signIns: {
    resolve(choice: TeamChoice | null): UploadTeam | null
    /** Accounts whose folders are not shown to the current user. */
    hidden(): ReadonlySet<string>
  }
  /** The account that can upload to a team now: the given one, or another account of the same user. */
  readonly uploadAccountFor: (choice: TeamChoice) => TeamChoice | null
  /** Enqueues nothing after `signal` aborts. */
  readonly enqueue: (
    paths: readonly string[],
    request: {
      readonly team: TeamChoice
      readonly addedFolderOf: () => string
      readonly signal?: AbortSignal
    },
  ) => Promise<Result<AddReport>>
  /** New models were enqueued without the files that are links to other places. */
  readonly onLinksSkipped: (report: AddReport) => void
}

/** Asks the user; called only if the action is possible, which is checked again afterwards. */
type Confirm = () => Promise<boolean>

/** What the user has confirmed to upload. */
interface OfferedFiles {
  readonly accountId: string
  readonly teamId: string
  readonly count: number
  readonly sizeBytes: number
}

/** The page gets at most ten updates per second. */
const notifyIntervalMs = 100

/** Folders whose new models are enqueued automatically while the app runs. */
export class WatchedFolders {
  readonly calls: Pick<CallHandlers, EngineCallName>
  readonly #options: WatchedFoldersOptions
  readonly #store: WatchedFolderStore
  readonly #watchWorker: WatchWorkerClient
  readonly #context: WatchedFolderContext
  readonly #folders = new Map<string, WatchedFolder>()
  #cancelNotify: (() => void) | null = null

  constructor(options: WatchedFoldersOptions) {
    const { database, worker, environment, mountQueue, modelFinder } = options
    this.#options = options
    this.#store = new WatchedFolderStore(database)
    this.#watchWorker = new WatchWorkerClient({
      worker,
      environment,
      onFileChanged: (id, path) => this.#folders.get(id)?.onFileChanged(path),
      onReady: (id) => void this.#folders.get(id)?.rescan(),
      onLost: (id, isRemoved) => this.#folders.get(id)?.lost(isRemoved),
    })
    this.#context = {
      store: this.#store,
      watchWorker: this.#watchWorker,
      environment,
      identifyFolder: (folder) => mountQueue.run(folder, () => identifyFolder(folder)),
      isNetworkDrive: (folder) => mountQueue.run(folder, () => isNetworkDrive(folder, process.platform)),
      searchFolder: (folder) => modelFinder.searchFolder(folder),
      readExternalWeights: (graph) => modelFinder.readExternalWeights(graph),
      canUpload: (accountId, team) => options.uploadAccountFor({ accountId, teamId: team.id }) !== null,
      enqueue: async (paths, folder, signal) => {
        const report = await this.#enqueue(paths, folder, signal)
        const hasLinks = report.ok && report.value.skipped.some(({ reason }) => reason === 'link-outside')
        if (hasLinks) options.onLinksSkipped(report.value)
        return report
      },
      onChange: () => this.#scheduleNotify(),
    }
    this.calls = this.#createCalls()
  }

  /** Starts watching the stored folders that are not watched yet. */
  start(): void {
    for (const folder of this.#store.list()) if (!this.#folders.has(folder.id)) this.#watch(folder)
  }

  /** Stops watching the folders of accounts that have signed out; they stay stored. */
  release(isOfThem: (accountId: string) => boolean): void {
    for (const [id, watched] of this.#folders) {
      if (!isOfThem(watched.folder.accountId)) continue
      watched.close()
      this.#folders.delete(id)
    }
    this.#notify()
  }

  /** Watches one more folder once confirmed. The models in it then are offered for upload, not enqueued. */
  async addFolder(path: string, choice: TeamChoice, confirm: Confirm): Promise<Result<WatchedFoldersView>> {
    const { modelFinder, signIns } = this.#options
    const uploadTeam = signIns.resolve(choice)
    if (!uploadTeam) return failed(failure('no-team'))
    const { accountId, team } = uploadTeam
    // The user may sign out, or add another folder, while the question is shown or the folder is searched.
    const resultWithoutAdding = (): Result<WatchedFoldersView> | null => {
      if (!signIns.resolve(choice)) return failed(failure('no-team'))
      if (this.#foldersOf(uploadTeam).some(({ folder }) => folder.path === path)) return success(this.#view())
      const overlap = this.#findOverlap(path, uploadTeam)
      return overlap && failed(overlap)
    }
    const before = resultWithoutAdding()
    if (before) return before
    if (!(await confirm())) return success(this.#view())
    const afterQuestion = resultWithoutAdding()
    if (afterQuestion) return afterQuestion
    const { models, incompleteReason, unread } = await modelFinder.searchFolder(path)
    if (incompleteReason === 'gone' || incompleteReason === 'unreadable')
      return failed(failure('folder-unreadable'))
    if (incompleteReason !== null) return failed(failure('folder-too-large'))
    const afterSearch = resultWithoutAdding()
    if (afterSearch) return afterSearch
    const folder = { id: randomUUID(), path, accountId, team, isPaused: false, rootId: null }
    this.#store.add(folder, models.map(toOfferedFile), unread)
    modelFinder.rememberFolder(path)
    this.#watch(folder)
    return success(this.#view())
  }

  async close(): Promise<void> {
    this.#cancelNotify?.()
    for (const watched of this.#folders.values()) watched.close()
    await this.#watchWorker.close()
  }

  #createCalls(): WatchedFolders['calls'] {
    return {
      watching: async () => success(this.#view()),
      pauseWatched: async ({ id, isPaused }) => {
        this.#store.setPaused(id, isPaused)
        if (isPaused) this.#folders.get(id)?.pause()
        else this.#folders.get(id)?.resume()
        return success(this.#view())
      },
      unwatch: async ({ id }) => {
        this.#folders.get(id)?.close()
        this.#folders.delete(id)
        this.#store.remove(id)
        return success(this.#view())
      },
      declineOffered: async ({ id }) => {
        const watched = this.#folders.get(id)
        watched?.markKnown(watched.offeredFiles)
        return success(this.#view())
      },
    }
  }

  /** Uploads new and waiting files to another team once confirmed. */
  async setTeam(id: string, choice: TeamChoice, confirm: Confirm): Promise<Result<WatchedFoldersView>> {
    const possible = this.#findNewTeam(id, choice)
    if (!possible.ok) return possible
    if (!(await confirm())) return success(this.#view())
    const found = this.#findNewTeam(id, choice)
    if (!found.ok) return found
    const { watched, uploadTeam } = found.value
    this.#store.setTeam(id, uploadTeam.accountId, uploadTeam.team)
    watched.setTeam(uploadTeam.accountId, uploadTeam.team)
    return success(this.#view())
  }

  /** The folder and the team that it can be given to. */
  #findNewTeam(
    id: string,
    choice: TeamChoice,
  ): Result<{ readonly watched: WatchedFolder; readonly uploadTeam: UploadTeam }> {
    const watched = this.#folders.get(id)
    const uploadTeam = this.#options.signIns.resolve(choice)
    if (!watched) return failed(failure('not-found'))
    if (!uploadTeam) return failed(failure('no-team'))
    const overlap = this.#findOverlap(watched.folder.path, uploadTeam, watched)
    return overlap ? failed(overlap) : success({ watched, uploadTeam })
  }

  /** The failure for a folder in or around another one that is watched for the team: its files would be added twice. */
  #findOverlap(path: string, uploadTeam: UploadTeam, except?: WatchedFolder): Failure | null {
    const overlapping = this.#foldersOf(uploadTeam)
      .filter((other) => other !== except)
      .find(({ folder }) => isWithin(path, folder.path) || isWithin(folder.path, path))
    if (!overlapping) return null
    const folder = this.#options.modelFinder.displayPath(overlapping.folder.path)
    return failure('already-watched', { folder, team: uploadTeam.team.name })
  }

  /**
   * Uploads what was in the folder when it was added: `offer-changed` unless these are exactly the files and
   * the team that were confirmed.
   */
  async enqueueOffered(id: string, confirmed: OfferedFiles): Promise<Result<AddReport>> {
    const watched = this.#folders.get(id)
    if (!watched) return failed(failure('offer-changed'))
    // Files may be given to another team while they are read.
    const { folder, offeredFiles: files } = watched
    if (!isConfirmed(folder, files, confirmed)) return failed(failure('offer-changed'))
    const paths = await pathsToEnqueueFor(
      files.map(({ path }) => path),
      folder.path,
      this.#context.readExternalWeights,
    )
    const report = await this.#enqueue(paths, folder)
    if (report.ok) watched.markKnown(files)
    return report
  }

  #enqueue(
    paths: readonly string[],
    { path: folder, accountId, team }: StoredFolder,
    signal?: AbortSignal,
  ): Promise<Result<AddReport>> {
    const { enqueue, uploadAccountFor } = this.#options
    const choice = { accountId, teamId: team.id }
    const request = { team: uploadAccountFor(choice) ?? choice, addedFolderOf: () => folder }
    return enqueue(paths, signal ? { ...request, signal } : request)
  }

  #watch(folder: StoredFolder): void {
    const watched = new WatchedFolder(folder, this.#context)
    this.#folders.set(folder.id, watched)
    watched.start()
  }

  #foldersOf({ accountId, team }: UploadTeam): readonly WatchedFolder[] {
    return [...this.#folders.values()].filter(
      ({ folder }) => folder.accountId === accountId && folder.team.id === team.id,
    )
  }

  /** A user signed in or out: folders may have become uploadable, visible or hidden. */
  sessionChanged(): void {
    for (const watched of this.#folders.values()) void watched.checkNewFiles()
    this.#notify()
  }

  /** Reports many changes in a short time once. */
  #scheduleNotify(): void {
    this.#cancelNotify ??= this.#options.environment.timers.after(notifyIntervalMs, () => {
      this.#cancelNotify = null
      this.#notify()
    })
  }

  #notify(): void {
    const view = this.#view()
    this.#options.onChange(view)
  }

  #view(): WatchedFoldersView {
    const { modelFinder, signIns } = this.#options
    const hiddenAccounts = signIns.hidden()
    return {
      folders: [...this.#folders.values()]
        .filter(({ folder }) => !hiddenAccounts.has(folder.accountId))
        .map((watched) => toView(watched, modelFinder.displayPath(watched.folder.path))),
    }
  }
}

function toView(watched: WatchedFolder, displayPath: string): WatchedFolderView {
  const { folder, state, isPolled, pendingCount, incompleteCount, offeredFiles } = watched
  return {
    id: folder.id,
    where: displayPath,
    accountId: folder.accountId,
    team: folder.team,
    state,
    isPolled,
    settling: pendingCount,
    incomplete: incompleteCount,
    offered: { count: offeredFiles.length, sizeBytes: totalSize(offeredFiles) },
  }
}

const totalSize = (files: readonly StoredFile[]) => files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)

/**
 * Number and size identify the files that are offered well enough: they are removed from the offer, and rarely added,
 * when a folder becomes readable.
 */
function isConfirmed(
  { accountId, team }: StoredFolder,
  files: readonly StoredFile[],
  confirmed: OfferedFiles,
): boolean {
  return (
    accountId === confirmed.accountId &&
    team.id === confirmed.teamId &&
    files.length === confirmed.count &&
    totalSize(files) === confirmed.sizeBytes
  )
}
