import { stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { posix, win32 } from 'node:path'
import process from 'node:process'
import { teamKey, type Account, type Team, type TeamChoice } from '../../contract/account.ts'
import type { CallHandlers } from '../../contract/calls.ts'
import type { FoundPlacesView, WorkflowView } from '../../contract/discovery.ts'
import { success, type Failure, type Result } from '../../contract/failures.ts'
import { cleanLibraryPath } from '../../contract/library-path.ts'
import type { AddReport, Target } from '../../contract/uploads.ts'
import type { Library } from '../../library/library.ts'
import type { Timers } from '../../platform/environment.ts'
import { classifyDropped, skippedFiles } from '../scan/classify-dropped.ts'
import { findDiffusersRoots } from '../scan/diffusers-root.ts'
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
import { FoundPlaces, type FoundModel } from './found-places.ts'
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
}

export interface ModelFinderOptions {
  /** The built search worker. */
  readonly worker: URL
  /** This computer, unless a test describes another one. */
  readonly computer: Computer | undefined
  readonly environment: { readonly timers: Timers }
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
  readonly enqueue: EnqueueFiles
}

/** The selected model types of a found place; null stands for models of unknown type. */
export interface ChosenPlace {
  readonly id: string
  readonly modelTypes: readonly (string | null)[]
}

const emptyReport: AddReport = { added: 0, refused: 0, skipped: [] }

/**
 * Finds models on this computer: in the usual places of other programs, in folders that yaml files list, and
 * those that a workflow needs.
 */
export class ModelFinder {
  readonly calls: Pick<CallHandlers, 'findPlaces' | 'stopFinding' | 'workflow' | 'closeWorkflow'>
  readonly workflows: Workflows
  readonly #options: ModelFinderOptions
  readonly #computer: Computer
  readonly #searchWorker: SearchWorkerClient
  readonly #foundPlaces: FoundPlaces
  readonly #recentFolders: RecentFolders
  readonly #unsubscribe: () => void

  constructor(options: ModelFinderOptions) {
    const { choices, environment, library } = options
    this.#options = options
    this.#computer = options.computer ?? {
      platform: process.platform,
      home: homedir(),
      environment: process.env,
    }
    this.#searchWorker = new SearchWorkerClient(options.worker, this.#computer, environment.timers)
    const displayPath = (path: string) => this.displayPath(path)
    this.#foundPlaces = new FoundPlaces({
      searchWorker: this.#searchWorker,
      displayPath,
      onChange: options.onFindingChange,
    })
    this.#recentFolders = new RecentFolders({
      get: () => choices.get('known-folders'),
      set: (text) => choices.set('known-folders', text),
    })
    this.workflows = new Workflows({
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
    this.#unsubscribe = library.subscribe(() => this.workflows.refresh())
    this.calls = this.#createCalls()
  }

  /**
   * Opens dropped workflows, for the team if one is named, adds the folders that dropped yaml files list, and
   * passes everything else to `enqueue`.
   */
  async processDropped(
    paths: readonly string[],
    enqueue: (paths: readonly string[]) => Promise<Result<AddReport>>,
    team?: TeamChoice,
  ): Promise<Result<AddReport>> {
    const folders = await foldersAmong(paths)
    for (const folder of folders) this.#recentFolders.add(folder)
    const dropped = classifyDropped(paths.filter((path) => !folders.has(path)))
    const opened =
      dropped.workflowCandidates.length > 0
        ? await this.workflows.open(dropped.workflowCandidates, team)
        : null
    const extraPathsFiles: string[] = []
    for (const file of dropped.yamlFiles)
      if (await this.#foundPlaces.addExtraPaths(file)) extraPathsFiles.push(file)
    const modelPaths = new Set(dropped.modelPaths)
    const toEnqueue = paths.filter((path) => folders.has(path) || modelPaths.has(path))
    const report = toEnqueue.length > 0 ? await enqueue(toEnqueue) : success(emptyReport)
    if (!report.ok) return report
    const skipped = skippedFiles(dropped, {
      used: new Set([...(opened?.files ?? []), ...extraPathsFiles]),
      unread: new Set(opened?.unread),
    })
    return success({
      ...report.value,
      skipped: [...report.value.skipped, ...skipped],
      ...(opened?.id ? { workflow: opened.id } : {}),
      ...(extraPathsFiles.length > 0 ? { hasFoundPlaces: true as const } : {}),
    })
  }

  /** Enqueues the models of some types of some places after `confirm`; null if the user declines. */
  async enqueueFound(
    chosen: readonly ChosenPlace[],
    confirm: ConfirmUpload,
  ): Promise<Result<AddReport | null>> {
    const models = chosen.flatMap(({ id, modelTypes }) => this.#foundPlaces.modelsOf(id, modelTypes))
    if (models.length === 0) return success(emptyReport)
    const files = await replaceDiffusersParts(models)
    const { enqueue } = this.#options
    return enqueueAfterConfirmation(files, this.destinationFor(null), { confirm, enqueue })
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
    await this.#foundPlaces.searchUninterrupted()
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
    // Searches that end after this must not use services that are closed next.
    this.workflows.closeAll()
    await this.#searchWorker.close()
  }

  #createCalls(): ModelFinder['calls'] {
    return {
      findPlaces: async ({ again }) => {
        void this.#foundPlaces.search(again)
        return success(this.#foundPlaces.view())
      },
      stopFinding: async () => {
        this.#foundPlaces.stop()
        return success(undefined)
      },
      workflow: async ({ id }) => success(this.workflows.view(id)),
      closeWorkflow: async ({ id }) => {
        this.workflows.close(id)
        return success(undefined)
      },
    }
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
      const record = rows.get(id)?.record
      if (!record || record.phase === 'registered') return []
      const { accountId, team, target, phase } = record
      if (teamKey({ accountId, teamId: team.id }) !== teamKey(choice)) return []
      return [{ id, target, failure: phase === 'failed' ? record.failure : null }]
    })
  }
}

/** Replaces the parts of a diffusers model by its folder, so that the model is enqueued completely. */
async function replaceDiffusersParts(models: readonly FoundModel[]) {
  const roots = await findDiffusersRoots(models.map(({ path }) => path))
  const files = new Map<string, FileWithTarget & { readonly sizeBytes: number }>()
  for (const model of models) {
    const path = roots.get(model.path) ?? model.path
    const target = path === model.path ? targetOf(model) : {}
    const sizeBytes = (files.get(path)?.sizeBytes ?? 0) + model.sizeBytes
    files.set(path, { path, target, sizeBytes })
  }
  return [...files.values()]
}

/**
 * An explicit type from a yaml file is used; otherwise recognition decides, which also reads the file's
 * content.
 */
function targetOf({ modelType, name, isTypeExplicit }: FoundModel): Partial<Target> {
  if (!isTypeExplicit || modelType === null) return {}
  return { modelType, modelPath: cleanLibraryPath(`models/${modelType}/${name}`) }
}

async function foldersAmong(paths: readonly string[]): Promise<ReadonlySet<string>> {
  const folders = new Set<string>()
  for (const path of paths) {
    // A path that can't be read is reported when it is enqueued.
    const isFolder = await stat(path).then(
      (stats) => stats.isDirectory(),
      () => false,
    )
    if (isFolder) folders.add(path)
  }
  return folders
}

/** Replaces the home folder at the start of a path by `~`. */
export function abbreviateHome(path: string, home: string, platform: NodeJS.Platform): string {
  const { sep } = platform === 'win32' ? win32 : posix
  const root = home.endsWith(sep) ? home.slice(0, -1) : home
  if (path === root) return '~'
  return root !== '' && path.startsWith(root + sep) ? `~${path.slice(root.length)}` : path
}
