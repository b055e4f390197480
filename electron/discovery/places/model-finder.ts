import { homedir } from 'node:os'
import { posix, win32 } from 'node:path'
import process from 'node:process'
import { teamKey, type Account, type Team, type TeamChoice } from '../../contract/account.ts'
import type { CallHandlers } from '../../contract/calls.ts'
import type { ComparedLibrary, FoundPlacesView, WorkflowView } from '../../contract/discovery.ts'
import { success, type Failure, type Result } from '../../contract/failures.ts'
import type { LibraryUpdate } from '../../contract/library.ts'
import { cleanLibraryPath } from '../../contract/library-path.ts'
import type { AddReport, Target } from '../../contract/uploads.ts'
import type { Library } from '../../library/library.ts'
import { raceAbort } from '../../platform/delays.ts'
import type { Environment } from '../../platform/environment.ts'
import { findDiffusersRoots } from '../scan/diffusers-root.ts'
import type { MountQueue } from '../scan/mounts.ts'
import type { LocalModel } from '../scan/walk-models.ts'
import type { FolderSearchResult } from '../scan/search-folder.ts'
import type { QueuedUpload } from '../workflows/resolve-needed-models.ts'
import { Workflows, type KnownFiles } from '../workflows/workflows.ts'
import {
  enqueueAfterConfirmation,
  type ConfirmUpload,
  type EnqueueFiles,
  type UploadDestination,
} from './confirm-upload.ts'
import type { FileWithTarget } from './file-with-target.ts'
import { createComparison } from './compare-with-library.ts'
import { createDropHandler } from './dropped-files.ts'
import { FoundPlaces, type FoundFile } from './found-places.ts'
import type { Computer } from './known-places.ts'
import { RecentFolders } from './recent-folders.ts'
import { SearchWorkerClient } from './search-worker-client.ts'

/** The part of an upload's row that is used here. */
interface UploadRow {
  readonly record: {
    readonly accountId: string
    readonly team: Team
    readonly target: Target
    readonly phase: string
    readonly failure: Failure | null
  }
  /** See row-view.ts. */
  readonly live: { readonly isRequested: boolean }
}

export interface ModelFinderOptions {
  /** The built search worker. */
  readonly worker: URL
  /** This computer, unless a test describes another one. */
  readonly computer: Computer | undefined
  readonly environment: Pick<Environment, 'timers' | 'startThread'>
  readonly mountQueue: Pick<MountQueue, 'run'>
  readonly library: Library
  readonly accounts: { list(): readonly Account[] }
  readonly rows: { ids(): readonly string[]; get(id: string): UploadRow | undefined }
  readonly choices: {
    get(name: 'known-folders'): string | null
    set(name: 'known-folders', value: string): void
  }
  readonly onFindingChange: (view: FoundPlacesView) => void
  readonly onWorkflowChange: (view: WorkflowView) => void
  /** The account and team that uploads go to, or a requested one; null if there is none. */
  readonly resolve: (
    requested: TeamChoice | null,
  ) => { readonly accountId: string; readonly team: Team } | null
  readonly knownFiles: KnownFiles
  /** Uploads files of a workflow that were confirmed or picked. */
  readonly enqueue: EnqueueFiles
  readonly found: {
    /** The team for what the user adds in the window, without a team that is only a default. */
    chosenTeam(): TeamChoice | null
    /** Paths of a team's uploads that are not in the library yet. */
    queuedPathsOf(choice: TeamChoice): readonly string[]
    /** Uploads found files to a team that was confirmed; without one it adds them to the review. */
    readonly enqueueFound: EnqueueFiles
    /** Whether added files are reviewed at all. */
    isReviewed(): boolean
  }
}

/** What was found on this computer. */
export interface FoundModels {
  readonly view: FoundPlacesView
  /** The models of a place with their paths on this computer, largest first. */
  readonly modelsIn: FoundPlaces['pathsIn']
}

/** A library listing of the last minute is recent enough to tell which models it has. */
const maxListingAgeMs = 60_000
/** Many uploads may change the library within a second, and comparing 100,000 models takes time. */
const compareDelayMs = 500
/** The same for the models that a workflow needs, which takes less time. */
const refreshDelayMs = 100

const emptyReport: AddReport = { added: 0, refused: 0, skipped: [] }

/**
 * Finds models on this computer: in the usual places of other programs, in folders that yaml files list, and
 * those that a workflow needs.
 */
export class ModelFinder {
  readonly calls: Pick<
    CallHandlers,
    'findPlaces' | 'stopFinding' | 'foundModels' | 'workflow' | 'closeWorkflow'
  >
  readonly workflows: Workflows
  readonly processDropped: ReturnType<typeof createDropHandler>
  readonly #options: ModelFinderOptions
  readonly #computer: Computer
  readonly #searchWorker: SearchWorkerClient
  readonly #foundPlaces: FoundPlaces
  readonly #recentFolders: RecentFolders
  readonly #unsubscribe: () => void
  /** The page shows what was found. */
  #isShown = false
  #isClosed = false
  /** Instead of the chosen team; null for none. */
  #requestedTeam: TeamChoice | null | undefined
  #listingCount = 0
  #libraryFailure: Failure | null = null
  #libraryListedAtMs: number | null = null
  #cancelComparison: (() => void) | null = null
  #cancelRefresh: (() => void) | null = null

  constructor(options: ModelFinderOptions) {
    const { choices, environment, library } = options
    this.#options = options
    this.#computer = options.computer ?? {
      platform: process.platform,
      home: homedir(),
      environment: process.env,
    }
    this.#searchWorker = new SearchWorkerClient(options.worker, this.#computer, environment)
    const displayPath = (path: string) => this.displayPath(path)
    this.#foundPlaces = new FoundPlaces({
      searchWorker: this.#searchWorker,
      displayPath,
      createComparison: () => this.#createComparison(),
      library: () => this.#comparedLibrary(),
      onChange: options.onFindingChange,
    })
    this.#recentFolders = new RecentFolders({
      get: () => choices.get('known-folders'),
      set: (text) => choices.set('known-folders', text),
    })
    this.workflows = new Workflows({
      mountQueue: options.mountQueue,
      timers: environment.timers,
      searchWorker: this.#searchWorker,
      foundPlaces: this.#foundPlaces,
      recentFolders: this.#recentFolders,
      library,
      knownFiles: options.knownFiles,
      enqueue: options.enqueue,
      displayPath,
      destinationFor: (requested) => this.destinationFor(requested),
      queuedUploadsFor: (choice) => this.#queuedUploadsFor(choice),
      onChange: options.onWorkflowChange,
    })
    this.processDropped = createDropHandler({
      workflows: this.workflows,
      foundPlaces: this.#foundPlaces,
      recentFolders: this.#recentFolders,
    })
    this.#unsubscribe = library.subscribe((update) => {
      this.#libraryUpdated(update)
      this.#refreshSoon()
      this.#compareSoon()
    })
    this.calls = this.#createCalls()
  }

  /**
   * Adds found models to the review, where `confirm` comes before the upload. Without reviews it comes first;
   * null if the user declines.
   */
  async enqueueFound(modelIds: readonly string[], confirm: ConfirmUpload): Promise<Result<AddReport | null>> {
    const found = this.#foundPlaces.filesOf(modelIds)
    if (found.length === 0) return success(emptyReport)
    const files = await replaceDiffusersParts(found)
    const { enqueueFound, isReviewed } = this.#options.found
    const report = isReviewed()
      ? await enqueueFound(files, null)
      : await enqueueAfterConfirmation(files, this.destinationFor(null), { confirm, enqueue: enqueueFound })
    this.#compareNow()
    return report
  }

  /**
   * Searches the usual places and compares what is found with a team, if one is given. Ends early, with what
   * was found, when the signal is aborted.
   */
  async findAll(team: TeamChoice | null, signal: AbortSignal): Promise<FoundModels> {
    this.#requestedTeam = team
    const stop = () => this.#foundPlaces.stop()
    signal.addEventListener('abort', stop, { once: true })
    const listed = raceAbort(this.#listLibrary(), signal)
    await Promise.all([listed, this.#foundPlaces.search()])
    signal.removeEventListener('abort', stop)
    const view = this.#foundPlaces.view()
    this.#requestedTeam = undefined
    return { view, modelsIn: (place) => this.#foundPlaces.pathsIn(place) }
  }

  /** Compares with the library again: the account, the team or the network has changed. */
  refresh(): void {
    this.workflows.refresh()
    if (this.#isShown) void this.#listLibrary()
  }

  /** All models below a folder, or those that were found before the search was cut short. */
  searchFolder(folder: string): Promise<FolderSearchResult> {
    return this.#searchWorker.searchFolder(folder)
  }

  /**
   * Calls `onFound` with models of some types: first those near the folders, then those in the usual places of
   * other programs, which are searched once. Reads names and sizes only.
   */
  async findModels(
    folders: readonly string[],
    modelTypes: readonly string[],
    onFound: (models: readonly LocalModel[]) => Promise<void>,
  ): Promise<void> {
    const near: LocalModel[] = []
    await this.#searchWorker.search(
      { kind: 'near', folders, modelTypes },
      { onMessage: (message) => void (message.kind === 'near' && near.push(...message.models)) },
    )
    await onFound(near)
    if (!this.#foundPlaces.isSearchComplete()) await this.#foundPlaces.searchUninterrupted()
    await onFound(this.#foundPlaces.allModels())
  }

  /**
   * The external data files of an ONNX graph: file name → minimum size in bytes; null if the graph can't be
   * read.
   */
  readExternalWeights(graph: string): Promise<ReadonlyMap<string, number> | null> {
    return this.#searchWorker.readExternalWeights(graph)
  }

  /** A path as it is shown to the user. */
  displayPath(path: string): string {
    return abbreviateHome(path, this.#computer.home, this.#computer.platform)
  }

  /** Adds a folder in which workflows look for their models. */
  rememberFolder(folder: string): void {
    this.#recentFolders.add(folder)
  }

  /** Closes the workflows and forgets the places that were found, because a user has signed out. */
  clear(): void {
    this.workflows.closeAll()
    this.#foundPlaces.clear()
  }

  async close(): Promise<void> {
    this.#unsubscribe()
    this.#isClosed = true
    this.#cancelComparison?.()
    this.#cancelRefresh?.()
    // Searches that end after this must not use services that are closed next.
    this.workflows.closeAll()
    await this.#searchWorker.close()
  }

  #createCalls(): ModelFinder['calls'] {
    return {
      findPlaces: async () => {
        this.#isShown = true
        void this.#foundPlaces.search()
        void this.#listLibrary()
        return success(this.#foundPlaces.view())
      },
      stopFinding: async () => {
        this.#isShown = false
        this.#foundPlaces.stop()
        return success(undefined)
      },
      foundModels: async ({ place }) => success(this.#foundPlaces.modelsIn(place)),
      workflow: async ({ id, isFresh }) => {
        if (isFresh) await this.workflows.listLibraryAgain(id)
        return success(this.workflows.view(id))
      },
      closeWorkflow: async ({ id }) => {
        this.workflows.close(id)
        return success(undefined)
      },
    }
  }

  /** Lists the library of the chosen team, if there is one, and compares all models with it. */
  async #listLibrary(maxAgeMs = maxListingAgeMs): Promise<void> {
    const choice = this.#comparedTeam()
    this.#libraryFailure = this.#libraryListedAtMs = null
    if (choice) {
      this.#listingCount += 1
      this.#compareNow()
      const listed = await this.#options.library.models(choice, { maxAgeMs })
      this.#listingCount -= 1
      // A team that was chosen meanwhile is listed too.
      if (this.#listingCount > 0 || this.#isClosed) return
      this.#libraryFailure = listed.ok ? listed.value.failure : listed.failure
      this.#libraryListedAtMs = listed.ok ? listed.value.listedAtMs : null
    }
    this.#compareNow()
  }

  /** The compared library may have been listed elsewhere. An update without failure and time is our own change. */
  #libraryUpdated({ teamId, failure, listedAtMs }: LibraryUpdate): void {
    if ((failure === null && listedAtMs === undefined) || teamId !== this.#comparedTeam()?.teamId) return
    this.#libraryFailure = failure
    this.#libraryListedAtMs = listedAtMs ?? null
  }

  #refreshSoon(): void {
    this.#cancelRefresh ??= this.#options.environment.timers.after(refreshDelayMs, () => {
      this.#cancelRefresh = null
      this.workflows.refresh()
    })
  }

  #compareSoon(): void {
    if (!this.#isShown) return
    this.#cancelComparison ??= this.#options.environment.timers.after(compareDelayMs, () => {
      this.#cancelComparison = null
      this.#compareNow()
    })
  }

  #compareNow(): void {
    this.#foundPlaces.compareAgain()
    if (this.#isShown) this.#options.onFindingChange(this.#foundPlaces.view())
  }

  #comparedTeam(): TeamChoice | null {
    return this.#requestedTeam === undefined ? this.#options.found.chosenTeam() : this.#requestedTeam
  }

  #createComparison() {
    const choice = this.#comparedTeam()
    return createComparison({
      models: (choice && this.#options.library.cachedModels(choice)) ?? [],
      queuedPaths: new Set(choice ? this.#options.found.queuedPathsOf(choice) : []),
      knownHash: (path, identity) => this.#options.knownFiles.hashes.peek(path, identity),
    })
  }

  #comparedLibrary(): ComparedLibrary {
    const choice = this.#comparedTeam()
    const team = (choice && this.destinationFor(choice)?.team) ?? null
    const [failure, listedAtMs] = [this.#libraryFailure, this.#libraryListedAtMs]
    return { team, isListing: this.#listingCount > 0, failure, listedAtMs }
  }

  /** The team and server of uploads to a requested team, or to the selected one; null if there is none. */
  destinationFor(requested: TeamChoice | null): UploadDestination | null {
    const { resolve, accounts } = this.#options
    const resolved = resolve(requested)
    const account = resolved && accounts.list().find(({ id }) => id === resolved.accountId)
    if (!resolved || !account) return null
    const choice = { accountId: resolved.accountId, teamId: resolved.team.id }
    return { choice, team: resolved.team, server: new URL(account.server).host }
  }

  /** Uploads of a team that are not in the library yet. */
  #queuedUploadsFor(choice: TeamChoice): readonly QueuedUpload[] {
    const { rows } = this.#options
    return rows.ids().flatMap((id) => {
      const row = rows.get(id)
      if (!row?.live.isRequested || row.record.phase === 'registered') return []
      const { accountId, team, target, phase, failure } = row.record
      if (teamKey({ accountId, teamId: team.id }) !== teamKey(choice)) return []
      return [{ id, target, failure: phase === 'failed' ? failure : null }]
    })
  }
}

/** Replaces the parts of a diffusers model by its folder, so that the model is enqueued completely. */
async function replaceDiffusersParts(models: readonly FoundFile[]) {
  const roots = await findDiffusersRoots(models.map(({ path }) => path))
  const files = new Map<string, FileWithTarget & { readonly sizeBytes: number }>()
  for (const model of models) {
    const path = roots.get(model.path) ?? model.path
    const target = path === model.path ? targetOf(model) : {}
    const known = files.get(path)
    const sizeBytes = (known?.sizeBytes ?? 0) + model.sizeBytes
    const searchedFolder = known?.searchedFolder ?? model.searchedFolder
    files.set(path, { path, target, sizeBytes, searchedFolder })
  }
  return [...files.values()]
}

/**
 * An explicit type from a yaml file is used; otherwise recognition decides, which also reads the file's
 * content.
 */
function targetOf({ modelType, name, isTypeExplicit }: FoundFile): Partial<Target> {
  if (!isTypeExplicit || modelType === null) return {}
  return { modelType, modelPath: cleanLibraryPath(`models/${modelType}/${name}`) }
}

/** Replaces the home folder at the start of a path by `~`. */
function abbreviateHome(path: string, home: string, platform: NodeJS.Platform): string {
  const { sep } = platform === 'win32' ? win32 : posix
  const root = home.endsWith(sep) ? home.slice(0, -1) : home
  if (path === root) return '~'
  return root !== '' && path.startsWith(root + sep) ? `~${path.slice(root.length)}` : path
}
