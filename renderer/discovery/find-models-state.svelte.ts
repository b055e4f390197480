import { SvelteMap } from 'svelte/reactivity'
import {
  isLibraryUnknown,
  type FoundModelView,
  type FoundPlacesView,
  type FoundPlaceView,
} from '../../electron/contract/discovery.ts'
import type { Failure } from '../../electron/contract/failures.ts'
import { Selection } from '../ui/list/selection.svelte.ts'
import type { Services } from '../app/services.ts'
import { foundLines, foundRows } from './found-lines.ts'

/** Models found on this computer, and which of them are selected. */
export class FindModelsState {
  view = $state.raw<FoundPlacesView>({
    state: 'idle',
    places: [],
    library: { team: null, isListing: false, failure: null, listedAtMs: null },
  })
  isAdding = $state(false)
  /** Why the models could not be loaded, or null. */
  failure = $state.raw<Failure | null>(null)
  search = $state('')
  chosen = $state.raw<ReadonlySet<string>>(new Set())
  readonly selection = new Selection()
  /** Places that the user has expanded or collapsed, by id. */
  readonly expanded = new SvelteMap<string, boolean>()
  readonly #models = new SvelteMap<string, { version: number; models: readonly FoundModelView[] }>()
  readonly #services: Services
  #isOpen = false

  constructor(services: Services) {
    this.#services = services
  }

  /** Whether it's unknown which models the team has, because its library can't be listed. */
  readonly isLibraryUnknown = $derived.by(() => {
    const { failure, listedAtMs } = this.view.library
    return isLibraryUnknown(failure, listedAtMs)
  })
  readonly #all = $derived.by(() => this.view.places.flatMap((place) => this.modelsIn(place)))
  readonly #chosenModels = $derived.by(() => this.#all.filter(({ id }) => this.chosen.has(id)))
  readonly count = $derived.by(() => this.#chosenModels.length)
  readonly totalBytes = $derived.by(() =>
    this.#chosenModels.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
  )
  readonly isSearching = $derived(this.search.trim() !== '')
  /** The places with the models that match the search. */
  readonly rows = $derived.by(() => foundRows(this.view.places, (place) => this.modelsIn(place), this.search))
  /** Models that were left out when all shown ones of their place were selected. */
  readonly leftOutCount = $derived.by(
    () =>
      this.rows
        .filter(({ models }) => this.chosenOf(models) === 'all')
        .flatMap(({ models }) => models)
        .filter(({ id, state }) => state !== 'new' && !this.chosen.has(id)).length,
  )

  lines(isDense: boolean) {
    return foundLines(this.rows, {
      isDense,
      isExpanded: ({ id, modelCount }) =>
        this.isSearching ||
        (this.expanded.get(id) ?? (modelCount <= maxExpanded || this.view.places.length === 1)),
    })
  }

  start(): () => void {
    return this.#services.bridge.on('finding', (view) => this.#receive(view))
  }

  /** Shows the view and starts a search. */
  open(): void {
    this.#services.ui.show('places')
    void this.look()
  }

  /** Searches again, and lists the library if that failed; what was selected stays so if it is found again. */
  readonly look = async (): Promise<void> => {
    this.#isOpen = true
    this.failure = null
    const result = await this.#services.bridge.findPlaces()
    if (result.ok) this.#receive(result.value)
    else this.failure = result.failure
  }

  /** Leaving the view stops the search. */
  readonly stop = (): void => {
    this.#isOpen = false
    this.interrupt()
  }

  readonly interrupt = (): void => void this.#services.bridge.stopFinding()

  modelsIn({ id }: FoundPlaceView): readonly FoundModelView[] {
    return this.#models.get(id)?.models ?? []
  }

  /** Whether all of these models that the team lacks are selected, some of the models, or none. */
  chosenOf(models: readonly FoundModelView[]): 'all' | 'some' | 'none' {
    const chosenCount = models.filter(({ id }) => this.chosen.has(id)).length
    if (chosenCount === 0) return 'none'
    return models.every(({ id, state }) => state !== 'new' || this.chosen.has(id)) ? 'all' : 'some'
  }

  /** Whether any of these models can be selected or cleared together. */
  canChoose(models: readonly FoundModelView[]): boolean {
    return this.chosenOf(models) !== 'none' || models.some(({ state }) => state === 'new')
  }

  /** Selects those of the models that the team lacks, or clears the selection of all of them. */
  chooseNew(models: readonly FoundModelView[], isOn: boolean): void {
    this.choose(isOn ? models.filter(({ state }) => state === 'new') : models, isOn)
  }

  choose(models: readonly Pick<FoundModelView, 'id'>[], isOn: boolean): void {
    const chosen = new Set(this.chosen)
    for (const { id } of models) {
      if (isOn) chosen.add(id)
      else chosen.delete(id)
    }
    this.chosen = chosen
  }

  async add(): Promise<void> {
    const { bridge, notices, ui } = this.#services
    if (this.isAdding || this.count === 0) return
    this.isAdding = true
    const result = await bridge.addFound({ ids: this.#chosenModels.map(({ id }) => id) })
    this.isAdding = false
    // If the user cancelled the native dialog, the selection stays.
    if (!result.ok || result.value === null) return
    const { added, refused, skipped } = result.value
    if (added + refused + skipped.length === 0) return notices.show('places.gone')
    this.chosen = new Set()
    ui.show('uploads')
    this.#services.handleAdded(result.value)
  }

  #receive(view: FoundPlacesView): void {
    this.view = view
    if (!this.#isOpen) return
    for (const { id, version } of view.places)
      if (this.#models.get(id)?.version !== version) void this.#load(id, version)
  }

  async #load(place: string, version: number): Promise<void> {
    const result = await this.#services.bridge.foundModels({ place })
    const loaded = this.#models.get(place)
    // A newer list was loaded meanwhile.
    if (loaded && loaded.version > version) return
    if (!result.ok) {
      this.failure = result.failure
      return
    }
    const before = new Map(loaded?.models.map(({ id, state }) => [id, state]))
    this.#models.set(place, { version, models: result.value })
    // Selected before it was known that the team has them.
    const present = result.value.filter(({ id, state }) => state !== 'new' && before.get(id) === 'new')
    if (present.length > 0) this.choose(present, false)
  }
}

/** Places with more models are collapsed at first. */
const maxExpanded = 20
