import { pathKey } from '../contract/library-path.ts'
import type { LibraryModel } from '../contract/library.ts'
import { MultiMap } from '../platform/multi-map.ts'

/**
 * Models by what each upload is compared with: searching all of them takes too long with ten thousand uploads
 * to a library of ten thousand models.
 */
export interface ModelIndex {
  get(id: string): LibraryModel | undefined
  ofSize(sizeBytes: number): readonly LibraryModel[]
  /** Without regard to case. */
  atPath(path: string): readonly LibraryModel[]
  /** All of them, in the order of the listing. */
  list(): readonly LibraryModel[]
}

const indexes = new WeakMap<readonly LibraryModel[], IndexedModels>()

/** The index of a list: the one that it comes from, unless that has changed since. */
export function indexModels(models: readonly LibraryModel[]): ModelIndex {
  const index = indexes.get(models)
  return index?.list() === models ? index : new IndexedModels(models)
}

/** Models by id, indexed as they change. */
export class IndexedModels implements ModelIndex {
  readonly #models = new Map<string, LibraryModel>()
  readonly #bySize = new MultiMap<number, LibraryModel>()
  readonly #byPath = new MultiMap<string, LibraryModel>()
  /** Null after a change. */
  #list: readonly LibraryModel[] | null = null

  constructor(models: Iterable<LibraryModel> = []) {
    for (const model of models) this.set(model)
  }

  /** Changes with the models. */
  get byId(): ReadonlyMap<string, LibraryModel> {
    return this.#models
  }

  get(id: string): LibraryModel | undefined {
    return this.#models.get(id)
  }

  ofSize(sizeBytes: number): readonly LibraryModel[] {
    return this.#bySize.get(sizeBytes)
  }

  atPath(path: string): readonly LibraryModel[] {
    return this.#byPath.get(pathKey(path))
  }

  list(): readonly LibraryModel[] {
    if (this.#list) return this.#list
    this.#list = [...this.#models.values()]
    indexes.set(this.#list, this)
    return this.#list
  }

  /** Adds a model, or replaces the one with its id in its place of the list. */
  set(model: LibraryModel): void {
    this.#removeFromIndexes(model.id)
    this.#models.set(model.id, model)
    if (model.sizeBytes !== null) this.#bySize.add(model.sizeBytes, model)
    if (model.modelPath !== null) this.#byPath.add(pathKey(model.modelPath), model)
    this.#list = null
  }

  /**
   * Corrects what users can change, if the model is listed. The rest stays as listed: the record of a single model may
   * have fewer fields.
   */
  correct({ id, displayName, modelType, modelPath, status }: LibraryModel): void {
    const listed = this.get(id)
    if (!listed) return
    this.set({ ...listed, displayName, modelType, modelPath: modelPath ?? listed.modelPath, status })
  }

  delete(id: string): void {
    this.#removeFromIndexes(id)
    if (this.#models.delete(id)) this.#list = null
  }

  #removeFromIndexes(id: string): void {
    const model = this.#models.get(id)
    if (model && model.sizeBytes !== null) this.#bySize.delete(model.sizeBytes, model)
    if (model && model.modelPath !== null) this.#byPath.delete(pathKey(model.modelPath), model)
  }
}
