import { createHash } from 'node:crypto'
import { basename, dirname, relative, sep } from 'node:path'
import type {
  FoundModelState,
  FoundModelView,
  FoundPlacesView,
  FoundPlaceView,
} from '../../contract/discovery.ts'
import type { LocalModel } from '../scan/walk-models.ts'
import type { FoundPlace } from './search-places.ts'
import type { SearchWorkerClient } from './search-worker-client.ts'

export interface FoundFile extends LocalModel {
  /** The user has written the model's type into a yaml file, so it isn't a guess. */
  readonly isTypeExplicit: boolean
}

export interface FoundPlacesOptions {
  readonly searchWorker: Pick<SearchWorkerClient, 'search'>
  /** Compares a model, given by its files, with what the team has. Called for many models at once. */
  readonly createComparison: () => (files: readonly LocalModel[]) => FoundModelState
  readonly library: () => FoundPlacesView['library']
  readonly onChange: (view: FoundPlacesView) => void
  /** A path as it is shown to the user. */
  readonly displayPath: (path: string) => string
}

/** A model of one file, or a diffusers model with the files in its folder. */
interface FoundModel {
  readonly path: string
  readonly files: readonly LocalModel[]
  readonly view: FoundModelView
}

interface ListedPlace {
  readonly place: FoundPlace
  readonly models: readonly FoundModel[]
  readonly view: FoundPlaceView
}

/** Folders that are named as unreadable; more would not help the user. */
const maxUnreadableNames = 5

/** The places with models that were found on this computer. Kept in memory; the page only gets opaque ids. */
export class FoundPlaces {
  readonly #options: FoundPlacesOptions
  readonly #places = new Map<string, ListedPlace>()
  /** A model has the same id in every search, so the user's selection survives a repeated search. */
  readonly #modelIds = new Map<string, string>()
  /** Ids of places that the user has added by a yaml file. */
  readonly #addedByUser = new Set<string>()
  #lastVersion = 0
  #state: FoundPlacesView['state'] = 'idle'
  /** Callers that need the complete result; the search can't be stopped while there are any. */
  #waitingCount = 0
  #running: { readonly abort: AbortController; readonly done: Promise<void> } | null = null

  constructor(options: FoundPlacesOptions) {
    this.#options = options
  }

  view(): FoundPlacesView {
    return {
      state: this.#state,
      // Places that can't be added come last.
      places: [...this.#places.values()]
        .map(({ view }) => view)
        .sort((one, other) => Number(one.isInformation) - Number(other.isInformation)),
      library: this.#options.library(),
    }
  }

  /** The models of a place, largest first; none if the place is unknown. */
  modelsIn(id: string): readonly FoundModelView[] {
    return this.#places.get(id)?.models.map(({ view }) => view) ?? []
  }

  /** As `modelsIn`, with the path of each model. */
  pathsIn(id: string): readonly { readonly path: string; readonly model: FoundModelView }[] {
    return this.#places.get(id)?.models.map(({ path, view: model }) => ({ path, model })) ?? []
  }

  /** Searches the usual places, or joins a running search, and resolves once the search has ended. */
  async search(): Promise<void> {
    await (this.#running?.done ?? this.#startSearch())
  }

  /** As `search`, but `stop` has no effect until it resolves. */
  async searchUninterrupted(): Promise<void> {
    this.#waitingCount += 1
    await this.search().finally(() => (this.#waitingCount -= 1))
  }

  /** Forgets what was found, because a user has signed out. */
  clear(): void {
    this.#running?.abort.abort()
    this.#places.clear()
    this.#state = 'idle'
    this.#options.onChange(this.view())
  }

  stop(): void {
    if (this.#waitingCount === 0) this.#running?.abort.abort()
  }

  /** Adds the model folders that a yaml file lists; false if it lists none. */
  async addExtraPaths(file: string): Promise<boolean> {
    const { searchWorker, onChange } = this.#options
    const found: FoundPlace[] = []
    let isExtraPathsFile = false
    await searchWorker.search(
      { kind: 'extra-paths', file },
      {
        onMessage(message) {
          if (message.kind !== 'extra-paths' || message.places === null) return
          isExtraPathsFile = true
          found.push(...message.places)
        },
      },
    )
    if (!isExtraPathsFile) return false
    for (const place of found) {
      this.#addedByUser.add(idOf(place.path))
      this.#add(place)
    }
    onChange(this.view())
    return true
  }

  /** The files of chosen models; those that are unknown or can't be added are left out. */
  filesOf(modelIds: readonly string[]): readonly FoundFile[] {
    const chosen = new Set(modelIds)
    return [...this.#places.values()]
      .filter(({ place }) => !isInformation(place))
      .flatMap(({ place, models }) => {
        const isTypeExplicit = isExtraPaths(place)
        const ofPlace = models.filter(({ view }) => chosen.has(view.id))
        return ofPlace.flatMap(({ files }) => files.map((file) => ({ ...file, isTypeExplicit })))
      })
  }

  /** Compares all models with the team again. */
  compareAgain(): void {
    const compare = this.#options.createComparison()
    for (const [id, listed] of this.#places) {
      const models = listed.models.map((model) => {
        const state = compare(model.files)
        return state === model.view.state ? model : { ...model, view: { ...model.view, state } }
      })
      if (models.every((model, index) => model === listed.models[index])) continue
      this.#places.set(id, this.#toListedPlace(listed.place, models))
    }
  }

  /** Whether the last search of the usual places was completed. */
  isSearchComplete(): boolean {
    return this.#state === 'done'
  }

  allModels(): readonly LocalModel[] {
    return [...this.#places.values()]
      .filter(({ place }) => !isInformation(place))
      .flatMap(({ place }) => place.models)
  }

  #startSearch(): Promise<void> {
    const { searchWorker, onChange } = this.#options
    const abort = new AbortController()
    // What an earlier search found may be gone.
    for (const id of this.#places.keys()) if (!this.#addedByUser.has(id)) this.#places.delete(id)
    this.#state = 'looking'
    const done = searchWorker
      .search(
        { kind: 'places' },
        {
          signal: abort.signal,
          onMessage: (message) => {
            if (message.kind !== 'place') return
            this.#add(message.place)
            onChange(this.view())
          },
        },
      )
      .then((isComplete) => {
        if (this.#running?.abort !== abort) return
        this.#running = null
        if (abort.signal.aborted) this.#state = 'stopped'
        else this.#state = isComplete ? 'done' : 'late'
        onChange(this.view())
      })
    this.#running = { abort, done }
    onChange(this.view())
    return done
  }

  /** Adds a place. A model that a yaml file gives a type is removed from all other places. */
  #add(place: FoundPlace): void {
    this.#places.set(idOf(place.path), this.#groupModels(place))
    const places = [...this.#places.values()].map((listed) => listed.place)
    const explicitPaths = new Set(
      places.filter(isExtraPaths).flatMap(({ models }) => models.map(({ path }) => path)),
    )
    for (const other of places) {
      const models = isExtraPaths(other)
        ? other.models
        : other.models.filter(({ path }) => !explicitPaths.has(path))
      if (models.length === 0 && other.unreadable.length === 0) this.#places.delete(idOf(other.path))
      else if (models.length < other.models.length)
        this.#places.set(idOf(other.path), this.#groupModels({ ...other, models }))
    }
  }

  #groupModels(place: FoundPlace): ListedPlace {
    const compare = this.#options.createComparison()
    const folderOf = this.#foldersIn(place)
    const found = place.models.filter(({ isDuplicate }) => !isDuplicate)
    const models = [...Map.groupBy(found, ({ path, modelFolder }) => modelFolder ?? path)].map(
      ([path, files]): FoundModel => ({
        path,
        files,
        view: {
          id: this.#modelIdOf(path),
          name: basename(path),
          folder: folderOf(dirname(path)),
          modelType: typeOf(files),
          sizeBytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
          fileCount: files.length,
          state: compare(files),
        },
      }),
    )
    return this.#toListedPlace(
      place,
      models.sort((one, other) => other.view.sizeBytes - one.view.sizeBytes),
    )
  }

  #toListedPlace(place: FoundPlace, models: readonly FoundModel[]): ListedPlace {
    const { displayPath } = this.#options
    this.#lastVersion += 1
    const { kind, path, isComplete, unreadable } = place
    const view: FoundPlaceView = {
      id: idOf(path),
      version: this.#lastVersion,
      kind,
      where: displayPath(path),
      modelCount: models.length,
      sizeBytes: models.reduce((sum, model) => sum + model.view.sizeBytes, 0),
      presentCount: models.filter((model) => model.view.state !== 'new').length,
      isWhole: isComplete,
      unreadableCount: unreadable.length,
      unreadable: unreadable.slice(0, maxUnreadableNames).map(displayPath),
      isInformation: isInformation(place),
    }
    return { place, models, view }
  }

  #modelIdOf(path: string): string {
    const id = this.#modelIds.get(path) ?? String(this.#modelIds.size + 1)
    this.#modelIds.set(path, id)
    return id
  }

  /**
   * How folders are shown: below the place, or with their whole path for a place that consists of several
   * folders. Models share folders, and computing each a hundred thousand times would take a second.
   */
  #foldersIn(place: FoundPlace): (folder: string) => string {
    const shown = new Map<string, string>()
    const show = (folder: string) =>
      isExtraPaths(place)
        ? this.#options.displayPath(folder)
        : relative(place.path, folder).split(sep).join('/')
    return (folder) => {
      const text = shown.get(folder) ?? show(folder)
      shown.set(folder, text)
      return text
    }
  }
}

const isExtraPaths = ({ kind }: FoundPlace) => kind === 'extra-paths'
const isInformation = ({ kind }: FoundPlace) => kind === 'hugging-face'

/** A place has the same id in every search. */
function idOf(path: string): string {
  return createHash('sha256').update(path).digest('hex').slice(0, 16)
}

/** The type that recognition gives to a diffusers model, or the one that the folders of a file suggest. */
function typeOf([first]: readonly LocalModel[]): string | null {
  return first?.modelFolder === undefined ? (first?.modelType ?? null) : 'diffusers'
}
