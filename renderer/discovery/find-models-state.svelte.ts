import { SvelteSet } from 'svelte/reactivity'
import type { Bridge } from '../../electron/contract/calls.ts'
import type { FoundPlacesView, FoundGroup, FoundPlaceView } from '../../electron/contract/discovery.ts'
import type { NoticesState } from '../ui/notices-state.svelte.ts'
import type { UiState } from '../app/ui-state.svelte.ts'

/** Models found on this computer and the selected groups. */
export class FindModelsState {
  view = $state.raw<FoundPlacesView>({ state: 'idle', places: [] })
  isAdding = $state(false)
  readonly #chosen = new SvelteSet<string>()
  readonly #bridge: Bridge
  readonly #notices: NoticesState
  readonly #ui: UiState

  constructor(bridge: Bridge, notices: NoticesState, ui: UiState) {
    this.#bridge = bridge
    this.#notices = notices
    this.#ui = ui
  }

  readonly #ticked = $derived.by(() =>
    this.view.places.flatMap((place) => place.groups.filter((group) => this.has(place, group))),
  )
  readonly count = $derived.by(() => this.#ticked.reduce((sum, { count }) => sum + count, 0))
  readonly totalBytes = $derived.by(() => this.#ticked.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0))

  start(): () => void {
    return this.#bridge.on('finding', (view) => (this.view = view))
  }

  /** Shows the view and starts the search unless it has run before. */
  open(): void {
    this.#ui.show('places')
    void this.look(false)
  }

  async look(again: boolean): Promise<void> {
    const result = await this.#bridge.findPlaces({ again })
    if (result.ok) this.view = result.value
    else this.#notices.failure(result.failure)
  }

  /** Leaving the view stops the search. */
  readonly stop = (): void => void this.#bridge.stopFinding()

  has(place: FoundPlaceView, group: FoundGroup): boolean {
    return this.#chosen.has(keyOf(place, group))
  }

  tick(place: FoundPlaceView, groups: readonly FoundGroup[], isOn: boolean): void {
    for (const group of groups) {
      if (isOn) this.#chosen.add(keyOf(place, group))
      else this.#chosen.delete(keyOf(place, group))
    }
  }

  async add(): Promise<void> {
    if (this.isAdding || this.count === 0) return
    this.isAdding = true
    const chosen = this.view.places
      .map((place) => ({
        id: place.id,
        modelTypes: place.groups.filter((group) => this.has(place, group)).map(({ modelType }) => modelType),
      }))
      .filter(({ modelTypes }) => modelTypes.length > 0)
    const result = await this.#bridge.addPlaces({ chosen })
    this.isAdding = false
    if (!result.ok) return this.#notices.failure(result.failure)
    // The user cancelled the native dialog: the selection stays.
    if (result.value === null) return
    this.#chosen.clear()
    this.#ui.show('uploads')
    this.#notices.report(result.value)
  }
}

const keyOf = (place: FoundPlaceView, group: FoundGroup) => `${place.id} ${group.modelType ?? ''}`
