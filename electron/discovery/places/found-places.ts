import { createHash } from 'node:crypto'
import type { FoundPlacesView, FoundGroup, FoundPlaceView } from '../../contract/discovery.ts'
import type { LocalModel } from '../scan/walk-models.ts'
import type { FoundPlace } from './search-places.ts'
import type { SearchWorkerClient } from './search-worker-client.ts'

export interface FoundModel extends LocalModel {
  /** The user has written the model's type into a yaml file, so it isn't a guess. */
  readonly isTypeExplicit: boolean
}

export interface FoundPlacesOptions {
  readonly searchWorker: Pick<SearchWorkerClient, 'search'>
  readonly onChange: (view: FoundPlacesView) => void
  /** A path as it is shown to the user. */
  readonly displayPath: (path: string) => string
}

/** The places with models that were found on this computer. Kept in memory; the page only gets opaque ids. */
export class FoundPlaces {
  readonly #options: FoundPlacesOptions
  readonly #places = new Map<string, FoundPlace>()
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
      places: [...this.#places]
        .map(([id, place]) => toView(id, place, this.#options.displayPath))
        .sort((one, other) => Number(one.isInformation) - Number(other.isInformation)),
    }
  }

  /**
   * Searches the usual places and resolves once the search has ended. Joins a running search; a completed
   * search is only repeated if `again` is set.
   */
  async search(again: boolean): Promise<void> {
    if (this.#running) return this.#running.done
    if (this.#state === 'done' && !again) return
    await this.#startSearch()
  }

  /** Like `search(false)`, but `stop` has no effect until it resolves. */
  async searchUninterrupted(): Promise<void> {
    this.#waitingCount += 1
    await this.search(false).finally(() => (this.#waitingCount -= 1))
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
    for (const place of found) this.#add(place)
    onChange(this.view())
    return true
  }

  /** The models of some types of a place; none if the place is unknown or can't be added. */
  modelsOf(id: string, modelTypes: readonly (string | null)[]): readonly FoundModel[] {
    const place = this.#places.get(id)
    if (!place || isInformation(place)) return []
    const isTypeExplicit = isExtraPaths(place)
    return place.models
      .filter(({ modelType, isDuplicate }) => modelTypes.includes(modelType) && !isDuplicate)
      .map((model) => ({ ...model, isTypeExplicit }))
  }

  /** Whether the last search of the usual places was completed. */
  isSearchComplete(): boolean {
    return this.#state === 'done'
  }

  allModels(): readonly LocalModel[] {
    return [...this.#places.values()].filter((place) => !isInformation(place)).flatMap(({ models }) => models)
  }

  #startSearch(): Promise<void> {
    const { searchWorker, onChange } = this.#options
    const abort = new AbortController()
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
    this.#places.set(idOf(place.path), place)
    const places = [...this.#places.values()]
    const explicitPaths = new Set(
      places.filter(isExtraPaths).flatMap(({ models }) => models.map(({ path }) => path)),
    )
    for (const other of places) {
      const models = isExtraPaths(other)
        ? other.models
        : other.models.filter(({ path }) => !explicitPaths.has(path))
      if (models.length === 0) this.#places.delete(idOf(other.path))
      else if (models.length < other.models.length) this.#places.set(idOf(other.path), { ...other, models })
    }
  }
}

const isExtraPaths = ({ kind }: FoundPlace) => kind === 'extra-paths'
const isInformation = ({ kind }: FoundPlace) => kind === 'hugging-face'

/** A place has the same id in every search, so the user's selection survives a repeated search. */
function idOf(path: string): string {
  return createHash('sha256').update(path).digest('hex').slice(0, 16)
}

function toView(id: string, place: FoundPlace, displayPath: (path: string) => string): FoundPlaceView {
  const groups = new Map<string | null, { count: number; sizeBytes: number }>()
  for (const { modelType, sizeBytes, isDuplicate } of place.models) {
    if (isDuplicate) continue
    const group = groups.get(modelType) ?? { count: 0, sizeBytes: 0 }
    groups.set(modelType, { count: group.count + 1, sizeBytes: group.sizeBytes + sizeBytes })
  }
  return {
    id,
    kind: place.kind,
    where: displayPath(place.path),
    groups: [...groups]
      .map(([modelType, group]): FoundGroup => ({ modelType, ...group }))
      .sort((one, other) => other.sizeBytes - one.sizeBytes),
    isWhole: place.isComplete,
    isInformation: isInformation(place),
  }
}
