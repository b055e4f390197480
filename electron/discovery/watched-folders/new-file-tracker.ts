import { dirname, parse, sep } from 'node:path'
import { hasModelExtension } from '../../recognition/file-names.ts'
import { genericStems } from '../../recognition/model-groups.ts'
import {
  checkStability,
  isFinishedFile,
  isSameState,
  readFileState,
  type FileState,
  type PendingFile,
} from './file-state.ts'
import {
  createFolderReader,
  findModelFiles,
  type ModelFiles,
  type ReadExternalWeights,
} from './model-files.ts'

export type NewFile = FileState & { readonly path: string }

/** A model of which every file is complete. */
export interface ReadyModel {
  /** Its files, or the folder of a diffusers model. */
  readonly pathsToEnqueue: readonly string[]
  readonly newFiles: readonly NewFile[]
}

interface NewFileTrackerOptions {
  /** The watched folder; no model extends beyond it. */
  readonly root: string
  readonly now: () => number
  readonly readExternalWeights: ReadExternalWeights
  /** The stored state of a file that is not new. */
  readonly knownState: (path: string) => FileState | undefined
}

/** Tracks the new files of a watched folder until all files of their model have stopped changing. */
export class NewFileTracker {
  readonly #options: NewFileTrackerOptions
  readonly #pending = new Map<string, PendingFile>()
  /** Files that are not models themselves, such as an index. Tracked while a new model includes them. */
  #companions = new Map<string, PendingFile>()
  /** New files that were not stable in the last check. */
  readonly #changing = new Set<string>()
  /** External weights by graph and state, so that a graph is read once unless it changes. */
  readonly #weights = new Map<string, Awaited<ReturnType<ReadExternalWeights>>>()

  constructor(options: NewFileTrackerOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#pending.size
  }

  has(path: string): boolean {
    return this.#pending.has(path)
  }

  add(path: string, { sizeBytes, mtimeMs }: FileState): void {
    this.#pending.set(path, { sizeBytes, mtimeMs, unchangedSinceMs: this.#options.now() })
  }

  remove(path: string): void {
    this.#pending.delete(path)
  }

  clear(): void {
    this.#pending.clear()
    this.#companions.clear()
    this.#weights.clear()
  }

  /** Checks every new file. `incompleteCount` of them are stable but wait for other files of their model. */
  async check(): Promise<{ readonly ready: readonly ReadyModel[]; readonly incompleteCount: number }> {
    const stable = await this.#findStableFiles()
    const models = new Map<string, ModelFiles>()
    const { root } = this.#options
    let folderReader = createFolderReader()
    for (const [path, state] of stable) {
      const readWeights = (graph: string) => {
        // Reading a graph takes long, and files may arrive meanwhile.
        folderReader = createFolderReader()
        return this.#readExternalWeights(graph, state)
      }
      const model = await findModelFiles(path, root, readWeights, folderReader)
      models.set(model.key, model)
    }
    const stableCount = stable.size
    const companions = new Map<string, PendingFile>()
    const ready: ReadyModel[] = []
    for (const model of models.values()) {
      const isStable = await this.#areAllFilesStable(model, stable, companions)
      if (!isStable || !model.isComplete || this.#mayBePartOfLargerModel(model)) continue
      const newFiles = model.files.flatMap((path) => {
        const state = stable.get(path)
        return state ? [{ path, ...state }] : []
      })
      ready.push({ pathsToEnqueue: model.pathsToEnqueue, newFiles })
    }
    this.#companions = companions
    const readyFiles = ready.flatMap(({ newFiles }) => newFiles).filter(({ path }) => this.#pending.has(path))
    return { ready, incompleteCount: stableCount - readyFiles.length }
  }

  async #findStableFiles(): Promise<Map<string, FileState>> {
    const stable = new Map<string, FileState>()
    this.#changing.clear()
    for (const [path, previous] of this.#pending) {
      const state = await readFileState(path)
      // Removed meanwhile, for example by a pause: if it were added again here, it would not be found as new
      // later.
      if (this.#pending.get(path) !== previous) continue
      if (!state) {
        this.#pending.delete(path)
        continue
      }
      const { pending, isStable } = checkStability(previous, state, this.#options.now())
      this.#pending.set(path, pending)
      if (!isStable) this.#changing.add(path)
      else if (await isFinishedFile(path)) stable.set(path, state)
    }
    return stable
  }

  /**
   * Adds the stable files of a model to `stable`, and those that are not new models themselves to
   * `companions`.
   */
  async #areAllFilesStable(
    model: ModelFiles,
    stable: Map<string, FileState>,
    companions: Map<string, PendingFile>,
  ): Promise<boolean> {
    let areAllStable = true
    for (const path of model.files) {
      if (stable.has(path)) continue
      const state = await readFileState(path)
      const knownState = this.#options.knownState(path)
      const isKnown = state && knownState && isSameState(knownState, state)
      // An empty text file, such as a vocabulary without entries, is complete.
      const isEmptyText = state?.sizeBytes === 0 && !hasModelExtension(path)
      if (isKnown || isEmptyText) continue
      if (!state || this.has(path)) {
        areAllStable = false
        continue
      }
      const { pending, isStable } = checkStability(this.#companions.get(path), state, this.#options.now())
      companions.set(path, pending)
      if (isStable) stable.set(path, state)
      else areAllStable = false
    }
    return areAllStable
  }

  /** A file with a typical name of a diffusers part waits while other files near it are still changing. */
  #mayBePartOfLargerModel({ key, files }: ModelFiles): boolean {
    const isTypicalPart = files.length === 1 && genericStems.test(parse(key).name)
    if (!isTypicalPart || dirname(key) === this.#options.root) return false
    const parentFolder = dirname(dirname(key)) + sep
    return [...this.#changing].some((path) => path.startsWith(parentFolder))
  }

  async #readExternalWeights(
    graph: string,
    { sizeBytes, mtimeMs }: FileState,
  ): ReturnType<ReadExternalWeights> {
    const key = `${graph} ${sizeBytes} ${mtimeMs}`
    const known = this.#weights.get(key)
    if (known !== undefined) return known
    const weights = await this.#options.readExternalWeights(graph)
    this.#weights.set(key, weights)
    return weights
  }
}
