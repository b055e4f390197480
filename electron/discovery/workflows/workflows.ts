import { randomUUID } from 'node:crypto'
import { basename } from 'node:path'
import type { Team, TeamChoice } from '../../contract/account.ts'
import type { IncompleteScan, NeededModelView, WorkflowView } from '../../contract/discovery.ts'
import { failed, failure, success, type Failure, type Result } from '../../contract/failures.ts'
import type { LibraryModel } from '../../contract/library.ts'
import type { AddReport } from '../../contract/uploads.ts'
import type { Library } from '../../library/library.ts'
import type { Timers } from '../../platform/environment.ts'
import {
  enqueueAfterConfirmation,
  type ConfirmUpload,
  type EnqueueFiles,
  type EnqueueOptions,
  type UploadDestination,
} from '../places/confirm-upload.ts'
import type { FoundPlaces } from '../places/found-places.ts'
import type { RecentFolders } from '../places/recent-folders.ts'
import type { SearchWorkerClient } from '../places/search-worker-client.ts'
import { createFileReader, type FileReader, type MountQueue } from '../scan/mounts.ts'
import { localModelAt, type LocalModel } from '../scan/walk-models.ts'
import { findDiffusersFolders, readDiffusersFolder } from './diffusers-folders.ts'
import { findLocalHashes, modelsAt, type KnownHashes } from './local-hashes.ts'
import { neededModelKey, type NeededModel } from './needed-models.ts'
import { mergeNeededModels } from './parse-workflow.ts'
import {
  resolveNeededModels,
  targetOf,
  type QueuedUpload,
  type ResolvedModel,
} from './resolve-needed-models.ts'

/** Paths of files with these names (lower case) that were uploaded or queued before. */
type UploadedBefore = (fileNames: readonly string[]) => readonly string[]

/** What is known about files from earlier uploads. */
export interface KnownFiles {
  readonly uploadedBefore: UploadedBefore
  readonly hashes: KnownHashes
}

export interface WorkflowsOptions {
  readonly mountQueue: Pick<MountQueue, 'run'>
  readonly timers: Timers
  readonly searchWorker: SearchWorkerClient
  readonly foundPlaces: Pick<FoundPlaces, 'searchUninterrupted' | 'allModels' | 'isSearchComplete'>
  readonly recentFolders: Pick<RecentFolders, 'list' | 'add'>
  readonly library: Pick<Library, 'models'>
  /** The selected team, or a requested one; null if there is none. */
  readonly destinationFor: (requested: TeamChoice | null) => UploadDestination | null
  /** Uploads of a team that are not in the library yet. */
  readonly queuedUploadsFor: (choice: TeamChoice) => readonly QueuedUpload[]
  readonly knownFiles: KnownFiles
  readonly enqueue: EnqueueFiles
  readonly onChange: (view: WorkflowView) => void
  /** A path as it is shown to the user. */
  readonly displayPath: (path: string) => string
}

export interface OpenedWorkflow {
  /** One id for all files together; null if none of them holds a workflow. */
  readonly id: string | null
  /** The files that hold a workflow. */
  readonly files: readonly string[]
  /** The files that could not be checked, because reading took too long or crashed. */
  readonly unread: readonly string[]
}

type UnsearchedReason = IncompleteScan | 'gone'

interface OpenWorkflow {
  readonly id: string
  readonly fileName: string
  /** Overrides the selected team. */
  readonly team: TeamChoice | null
  readonly neededModels: readonly NeededModel[]
  /** Files that the user has picked, by the keys of the needed models. */
  readonly pickedModels: Map<string, LocalModel>
  readonly abort: AbortController
  localModels: readonly LocalModel[]
  localHashes: ReadonlyMap<string, string>
  /** Searched folders; null if the search was complete. A folder that was not reached counts as too slow. */
  readonly searchedFolders: Map<string, UnsearchedReason | null>
  diffusersFolders: ReadonlyMap<string, LocalModel>
  libraryModels: readonly LibraryModel[]
  libraryFailure: Failure | null
  libraryListedAtMs: number | null
  isSearching: boolean
  complete: Promise<void>
}

/** The user looks at the latest workflows; older ones are closed. */
const maxOpenWorkflows = 5
/** A library listing of the last minute is recent enough to tell which models are missing. */
const maxListingAgeMs = 60_000

/** The workflows that were opened, and where their models are. Kept in memory only. */
export class Workflows {
  readonly #options: WorkflowsOptions
  readonly #workflows = new Map<string, OpenWorkflow>()

  constructor(options: WorkflowsOptions) {
    this.#options = options
  }

  /** Reads files and opens the workflows in them as one. */
  async open(files: readonly string[], team?: TeamChoice): Promise<OpenedWorkflow> {
    const modelsByFile = await this.#readFiles(files)
    const workflowFiles = files.filter((file) => modelsByFile.get(file))
    const unread = files.filter((file) => !modelsByFile.has(file))
    const [first] = workflowFiles
    if (first === undefined) return { id: null, files: [], unread }
    const neededModels = mergeNeededModels(workflowFiles.flatMap((file) => [modelsByFile.get(file) ?? []]))
    const suffix = workflowFiles.length > 1 ? ` + ${workflowFiles.length - 1}` : ''
    const id = this.#add(`${basename(first)}${suffix}`, neededModels, team ?? null)
    return { id, files: workflowFiles, unread }
  }

  view(id: string): WorkflowView | null {
    const workflow = this.#workflows.get(id)
    return workflow ? this.#toView(workflow) : null
  }

  /** Resolves once this computer and the library have been searched. */
  async whenComplete(id: string): Promise<void> {
    await this.#workflows.get(id)?.complete
  }

  /** The uploads in the queue of these needed models. */
  uploadsOf(id: string, modelIds: readonly string[]): readonly string[] {
    const workflow = this.#workflows.get(id)
    const models = workflow ? this.#resolve(workflow) : []
    return modelIds.flatMap((modelId) => models[Number(modelId)]?.uploadIds ?? [])
  }

  /** Asks `confirm` first unless the user has picked every file; null if the user declines. */
  async enqueueModels(
    id: string,
    modelIds: readonly string[],
    confirm: ConfirmUpload,
    options?: EnqueueOptions,
  ): Promise<Result<AddReport | null>> {
    const { destinationFor } = this.#options
    const enqueue: EnqueueFiles = (files, team) => this.#options.enqueue(files, team, options)
    const workflow = this.#workflows.get(id)
    if (!workflow) return success({ added: 0, refused: 0, skipped: [] })
    const requested = new Set(modelIds)
    const models = this.#resolve(workflow).filter(
      ({ stand }, index) => requested.has(String(index)) && stand === 'here',
    )
    const files = models.flatMap(({ needed, file }) =>
      file ? [{ ...file, target: targetOf(needed, file) }] : [],
    )
    const isPickedByUser = models.every(({ by }) => by === 'hand')
    const report = isPickedByUser
      ? await enqueue(files, workflow.team)
      : await enqueueAfterConfirmation(files, destinationFor(workflow.team), { confirm, enqueue })
    this.#notify(workflow)
    return report
  }

  /** Uses a file that the user has picked for a needed model, or a folder if the model is one. */
  async locateModel(id: string, modelId: string, path: string): Promise<Result<void>> {
    const workflow = this.#workflows.get(id)
    const needed = workflow?.neededModels[Number(modelId)]
    if (!workflow || !needed) return success(undefined)
    const file = needed.isFolder ? await this.#readPickedFolder(path) : await localModelAt(path)
    if (!file) return failed(failure(needed.isFolder ? 'folder-no-index' : 'file-unreadable'))
    workflow.pickedModels.set(neededModelKey(needed), {
      ...file,
      modelType: needed.modelType ?? file.modelType,
    })
    this.#notify(workflow)
    return success(undefined)
  }

  /** Searches a folder that the user has picked for all missing models. */
  async searchFolder(id: string, folder: string): Promise<void> {
    const workflow = this.#workflows.get(id)
    if (!workflow) return
    this.#options.recentFolders.add(folder)
    workflow.isSearching = true
    this.#notify(workflow)
    await this.#searchFolders(workflow, [folder])
    await this.#finishSearch(workflow, createFileReader(this.#options, workflow.abort.signal))
  }

  close(id: string): void {
    this.#workflows.get(id)?.abort.abort()
    this.#workflows.delete(id)
  }

  closeAll(): void {
    for (const id of [...this.#workflows.keys()]) this.close(id)
  }

  /** Lists the library again for a workflow whose team's listing failed. */
  async listLibraryAgain(id: string): Promise<void> {
    const workflow = this.#workflows.get(id)
    if (workflow) await this.#listLibrary(workflow, 0)
  }

  /** Updates all workflows after the selected team, its library or its queue has changed. */
  refresh(): void {
    for (const workflow of this.#workflows.values()) void this.#listLibrary(workflow)
  }

  /**
   * The models that each file needs; null for a file without a workflow, no entry for one that could not be
   * read.
   */
  async #readFiles(files: readonly string[]): Promise<ReadonlyMap<string, readonly NeededModel[] | null>> {
    const modelsByFile = new Map<string, readonly NeededModel[] | null>()
    await this.#options.searchWorker.search(
      { kind: 'workflows', files },
      {
        onMessage: (message) =>
          message.kind === 'workflow' && modelsByFile.set(message.file, message.neededModels),
      },
    )
    return modelsByFile
  }

  #add(fileName: string, neededModels: readonly NeededModel[], team: TeamChoice | null): string {
    const workflow: OpenWorkflow = {
      id: randomUUID(),
      fileName,
      team,
      neededModels,
      pickedModels: new Map(),
      abort: new AbortController(),
      localModels: [],
      localHashes: new Map(),
      searchedFolders: new Map(),
      diffusersFolders: new Map(),
      libraryModels: [],
      libraryFailure: null,
      libraryListedAtMs: null,
      isSearching: true,
      complete: Promise.resolve(),
    }
    this.#workflows.set(workflow.id, workflow)
    for (const id of [...this.#workflows.keys()].slice(0, -maxOpenWorkflows)) this.close(id)
    workflow.complete = this.#searchEverywhere(workflow)
    return workflow.id
  }

  async #searchEverywhere(workflow: OpenWorkflow): Promise<void> {
    const readFiles = createFileReader(this.#options, workflow.abort.signal)
    await Promise.all([
      this.#listLibrary(workflow, maxListingAgeMs),
      this.#findKnownFiles(workflow, readFiles),
      this.#searchFolders(workflow, this.#options.recentFolders.list()),
      this.#options.foundPlaces.searchUninterrupted(),
    ])
    await this.#finishSearch(workflow, readFiles)
  }

  /** Looks for files that were uploaded before. */
  async #findKnownFiles(workflow: OpenWorkflow, readFiles: FileReader): Promise<void> {
    const { uploadedBefore } = this.#options.knownFiles
    const names = workflow.neededModels.map(({ name }) => basename(name).toLowerCase())
    const models = await modelsAt(uploadedBefore(names), readFiles)
    workflow.localModels = [...models, ...workflow.localModels]
    await this.#compareHashes(workflow, readFiles)
    this.#notify(workflow)
  }

  async #listLibrary(workflow: OpenWorkflow, maxAgeMs?: number): Promise<void> {
    const choice = this.#options.destinationFor(workflow.team)?.choice
    if (choice) {
      const listed = await this.#options.library.models(choice, maxAgeMs === undefined ? {} : { maxAgeMs })
      workflow.libraryModels = listed.ok ? listed.value.models : []
      workflow.libraryFailure = listed.ok ? listed.value.failure : listed.failure
      workflow.libraryListedAtMs = listed.ok ? listed.value.listedAtMs : null
    } else {
      workflow.libraryModels = []
      workflow.libraryFailure = workflow.libraryListedAtMs = null
    }
    this.#notify(workflow)
  }

  /**
   * Searches folders and reports each one as soon as it is finished, so an unresponsive disk delays no other
   * result.
   */
  async #searchFolders(workflow: OpenWorkflow, folders: readonly string[]): Promise<void> {
    if (folders.length === 0) return
    const unreached = new Set(folders)
    await this.#options.searchWorker.search(
      { kind: 'folders', folders },
      {
        signal: workflow.abort.signal,
        onMessage: (message) => {
          if (message.kind !== 'folder') return
          unreached.delete(message.folder)
          workflow.searchedFolders.set(message.folder, message.incompleteReason)
          workflow.localModels = [...workflow.localModels, ...message.models]
          this.#notify(workflow)
        },
      },
    )
    for (const folder of unreached) workflow.searchedFolders.set(folder, 'too-slow')
    this.#notify(workflow)
  }

  async #finishSearch(workflow: OpenWorkflow, readFiles: FileReader): Promise<void> {
    await this.#compareHashes(workflow, readFiles)
    const { neededModels } = workflow
    const localModels = this.#allLocalModels(workflow)
    workflow.diffusersFolders = await findDiffusersFolders(neededModels, localModels, readFiles)
    workflow.isSearching = false
    this.#notify(workflow)
  }

  async #compareHashes(workflow: OpenWorkflow, readFiles: FileReader): Promise<void> {
    // The known hashes may be closed after the workflow.
    if (workflow.abort.signal.aborted) return
    const { hashes } = this.#options.knownFiles
    const localModels = this.#allLocalModels(workflow)
    workflow.localHashes = await findLocalHashes(workflow.neededModels, localModels, hashes, readFiles)
    const knownPaths = new Set(this.#allLocalModels(workflow).map(({ path }) => path))
    const furtherPaths = [...workflow.localHashes.keys()].filter((path) => !knownPaths.has(path))
    const further = await modelsAt(furtherPaths, readFiles)
    workflow.localModels = [...workflow.localModels, ...further]
  }

  async #readPickedFolder(path: string): Promise<LocalModel | null> {
    const { models } = await this.#options.searchWorker.searchFolder(path)
    return readDiffusersFolder(path, models, false)
  }

  #allLocalModels(workflow: OpenWorkflow): readonly LocalModel[] {
    return [...this.#options.foundPlaces.allModels(), ...workflow.localModels]
  }

  #resolve(workflow: OpenWorkflow): readonly ResolvedModel[] {
    const { destinationFor, queuedUploadsFor } = this.#options
    const destination = destinationFor(workflow.team)
    const available = {
      library: workflow.libraryModels,
      queued: destination ? queuedUploadsFor(destination.choice) : [],
      local: this.#allLocalModels(workflow),
      localHashes: workflow.localHashes,
      diffusersFolders: workflow.diffusersFolders,
    }
    return resolveNeededModels(workflow.neededModels, available, workflow.pickedModels)
  }

  #notify(workflow: OpenWorkflow): void {
    if (this.#workflows.has(workflow.id)) this.#options.onChange(this.#toView(workflow))
  }

  #toView(workflow: OpenWorkflow): WorkflowView {
    const { destinationFor, displayPath, foundPlaces } = this.#options
    const team: Team | null = destinationFor(workflow.team)?.team ?? null
    return {
      id: workflow.id,
      fileName: workflow.fileName,
      team,
      isLooking: workflow.isSearching,
      libraryFailure: workflow.libraryFailure,
      libraryListedAtMs: workflow.libraryListedAtMs,
      unseen: [...workflow.searchedFolders].flatMap(([folder, reason]) =>
        // A folder that no longer exists is not worth reporting.
        reason === null || reason === 'gone' ? [] : [{ where: displayPath(folder), why: reason }],
      ),
      isUsualSeen: workflow.isSearching || foundPlaces.isSearchComplete(),
      needs: this.#resolve(workflow).map((model, index) => toModelView(model, index, displayPath)),
    }
  }
}

/** The id of a needed model is its index in the list. */
function toModelView(
  { needed, stand, by, isDisabled, sizeBytes, file, failed }: ResolvedModel,
  index: number,
  displayPath: (path: string) => string,
): NeededModelView {
  const { name, modelType, isOff, url, isFolder = false } = needed
  return {
    id: String(index),
    name,
    modelType,
    isFolder,
    stand,
    by,
    isDisabled,
    isOff,
    where: file ? displayPath(file.path) : null,
    sizeBytes,
    url,
    failed,
  }
}
