import { stat } from 'node:fs/promises'
import { success, type Result } from '../../contract/failures.ts'
import type { CallHandlers } from '../../contract/calls.ts'
import type { FindingView, WorkflowView } from '../../contract/discovery.ts'
import { cleanLibraryPath } from '../../contract/library-path.ts'
import type { AddReport, Target } from '../../contract/uploads.ts'
import type { Timers } from '../../platform/environment.ts'
import type { FolderSeen } from './search-task.ts'
import type { Surroundings } from './known-places.ts'
import { wholeModels } from '../scan/whole-models.ts'
import { askBefore, type Confirm } from './confirm-upload.ts'
import { leftAside, sortDropped } from '../scan/sort-dropped.ts'
import type { Placed } from './placed-file.ts'
import { homePath } from './home-path.ts'
import { createKnownFolders, type KeptText } from './remembered-folders.ts'
import { createPlacesFound, type PlacedModel } from './found-places.ts'
import { createSearcher } from './searcher.ts'
import { createWorkflows, type WorkflowPorts, type Workflows } from '../workflows/workflows.ts'

type FindingCalls = Pick<CallHandlers, 'findPlaces' | 'stopFinding' | 'workflow' | 'closeWorkflow'>

/** Models on this computer: in the usual places, in folders that yaml files name, and those that a workflow needs. */
export interface Finding {
  readonly calls: FindingCalls
  readonly workflows: Workflows
  /** Takes in what was dropped: a workflow is opened, a list of folders is read, everything else is added. */
  drop(
    paths: readonly string[],
    add: (paths: readonly string[]) => Promise<Result<AddReport>>,
  ): Promise<Result<AddReport>>
  /** Adds some types of some places, once `confirm` agrees; null when it doesn't. */
  addFound(chosen: readonly ChosenPlace[], confirm: Confirm): Promise<Result<AddReport | null>>
  /** All models below a folder, or those that were seen and why not all. */
  walk(folder: string): Promise<FolderSeen>
  /** The files beside a graph that hold its weights, with the least size of each; null when it can't be read. */
  weightsOf(graph: string): Promise<ReadonlyMap<string, number> | null>
  /** A path as a person reads it. */
  words(path: string): string
  /** A folder from which models come. */
  remember(folder: string): void
  close(): Promise<void>
}

export interface FindingOptions extends Omit<
  WorkflowPorts,
  'searcher' | 'places' | 'words' | 'take' | 'told' | 'known'
> {
  readonly worker: URL
  readonly surroundings: Surroundings
  readonly timers: Timers
  /** Where the folders are kept from which models came. */
  readonly folders: KeptText
  /** Adds files, each with what is known of its target beforehand. */
  readonly addPlaced: WorkflowPorts['take']
  readonly toldFinding: (view: FindingView) => void
  readonly toldWorkflow: (view: WorkflowView) => void
}

/** Types of a place; null is what no folder tells. */
export interface ChosenPlace {
  readonly id: string
  readonly modelTypes: readonly (string | null)[]
}

const nothingAdded: AddReport = { added: 0, refused: 0, skipped: [] }

export function createFinding(options: FindingOptions): Finding {
  const { surroundings, addPlaced } = options
  const searcher = createSearcher(options.worker, surroundings, options.timers)
  const words = (path: string) => homePath(path, surroundings.home, surroundings.platform)
  const places = createPlacesFound({ searcher, words, told: options.toldFinding })
  const known = createKnownFolders(options.folders)
  const workflows = createWorkflows({
    ...{ searcher, places, words, told: options.toldWorkflow, take: addPlaced },
    ...{ library: options.library, chosen: options.chosen, queuedFor: options.queuedFor },
    ...{ sentBefore: options.sentBefore, known },
  })
  const unsubscribe = options.library.subscribe(() => workflows.changed())

  async function drop(
    paths: readonly string[],
    add: (rest: readonly string[]) => Promise<Result<AddReport>>,
  ) {
    const folders = await foldersAmong(paths)
    folders.forEach(known.add)
    const sorted = sortDropped(paths.filter((path) => !folders.has(path)))
    const read = sorted.workflows.length > 0 ? await workflows.read(sorted.workflows) : null
    const named: string[] = []
    for (const yaml of sorted.yamls) if (await places.takeExtraPaths(yaml)) named.push(yaml)
    const files = new Set(sorted.rest)
    const rest = paths.filter((path) => folders.has(path) || files.has(path))
    const report = rest.length > 0 ? await add(rest) : success(nothingAdded)
    if (!report.ok) return report
    const looked = { taken: new Set([...(read?.files ?? []), ...named]), unread: new Set(read?.unread) }
    return success({
      ...report.value,
      skipped: [...report.value.skipped, ...leftAside(sorted, looked)],
      ...(read?.id ? { workflow: read.id } : {}),
      ...(named.length > 0 ? { hasFoundPlaces: true as const } : {}),
    })
  }

  return {
    workflows,
    drop,
    words,
    remember: known.add,
    async addFound(chosen, confirm) {
      const models = chosen.flatMap(({ id, modelTypes }) => places.modelsOf(id, modelTypes))
      if (models.length === 0) return success(nothingAdded)
      return askBefore(await asWholes(models), options.chosen(null), { confirm, take: addPlaced })
    },
    async walk(folder) {
      let seen: FolderSeen = { models: [], cut: 'too-slow' }
      await searcher.search(
        { kind: 'folders', folders: [folder] },
        { onAnswer: (answer) => answer.is === 'folder' && (seen = answer) },
      )
      return seen
    },
    async weightsOf(graph) {
      let files: ReadonlyMap<string, number> | null = null
      await searcher.search(
        { kind: 'weights', graph },
        { onAnswer: (answer) => answer.is === 'weights' && (files = answer.files) },
      )
      return files
    },
    calls: {
      async findPlaces({ again }) {
        void places.look(again)
        return success(places.view())
      },
      async stopFinding() {
        places.stop()
        return success(undefined)
      },
      workflow: async ({ id }) => success(workflows.view(id)),
      async closeWorkflow({ id }) {
        workflows.close(id)
        return success(undefined)
      },
    },
    async close() {
      unsubscribe()
      // What still looks around asks nobody any more: what would answer is closed next.
      workflows.closeAll()
      await searcher.close()
    },
  }
}

/** Files of one diffusers model go as the folder that it is: with what was not looked for, and each in its place. */
async function asWholes(models: readonly PlacedModel[]) {
  const whole = await wholeModels(models.map(({ path }) => path))
  const placed = new Map<string, Placed & { readonly sizeBytes: number }>()
  for (const model of models) {
    const path = whole.get(model.path) ?? model.path
    const before = placed.get(path)?.sizeBytes ?? 0
    const one = path === model.path ? toPlaced(model) : { path, target: {} }
    placed.set(path, { ...one, sizeBytes: before + model.sizeBytes })
  }
  return [...placed.values()]
}

/** What the person wrote into a yaml file counts; elsewhere the file itself and its folders tell more than we do here. */
function toPlaced({ path, modelType, name, isPlaced, sizeBytes }: PlacedModel) {
  const target: Partial<Target> =
    isPlaced && modelType !== null
      ? { modelType, modelPath: cleanLibraryPath(`models/${modelType}/${name}`) }
      : {}
  return { path, target, sizeBytes }
}

async function foldersAmong(paths: readonly string[]): Promise<ReadonlySet<string>> {
  const folders = new Set<string>()
  for (const path of paths) {
    // What can't be looked at is told by whoever adds it.
    const isFolder = await stat(path).then(
      (facts) => facts.isDirectory(),
      () => false,
    )
    if (isFolder) folders.add(path)
  }
  return folders
}
