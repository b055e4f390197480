import { SvelteMap } from 'svelte/reactivity'
import {
  isLibraryUnknown,
  type NeededModelState,
  type NeededModelView,
  type WorkflowView,
} from '../../electron/contract/discovery.ts'
import type { Failure } from '../../electron/contract/failures.ts'
import type { Services } from '../app/services.ts'

/** Groups in the list: models that need an action come first. */
const groupOrder: readonly NeededModelState[] = ['failed', 'here', 'nowhere', 'queued', 'in-library']
/** Groups in the summary: available models come first. */
const summaryOrder = [
  'in-library',
  'queued',
  'failed',
  'here',
  'nowhere',
  'off',
] as const satisfies readonly (NeededModelState | 'off')[]

/** The last dropped workflow, until it is closed. */
export class WorkflowState {
  view = $state.raw<WorkflowView | null>(null)
  isSending = $state(false)
  isListing = $state(false)
  /** Why it could not be loaded, or null. */
  loadFailure = $state.raw<Failure | null>(null)
  /** When it was last loaded (ms since the epoch). */
  loadedAtMs = 0
  /** Selections of the user that differ from the default. */
  readonly #ticks = new SvelteMap<string, boolean>()
  readonly #services: Services
  #id = ''

  constructor(services: Services) {
    this.#services = services
  }

  readonly groups = $derived.by(() =>
    groupOrder
      .map((stand) => ({
        stand,
        needs: (this.view?.needs ?? []).filter((need) => need.stand === stand).sort(enabledFirst),
      }))
      .filter(({ needs }) => needs.length > 0),
  )
  /** Number of models per state; those of switched-off nodes are only counted as such. */
  readonly counts = $derived.by(() => {
    const needs = this.view?.needs ?? []
    return summaryOrder
      .map((state) => ({
        state,
        count: needs.filter(({ stand, isOff }) => (isOff ? 'off' : stand) === state).length,
      }))
      .filter(({ count }) => count > 0)
  })
  /** Whether it's unknown which models the team has, because none is chosen or its library can't be listed. */
  readonly isLibraryUnknown = $derived.by(
    () =>
      this.view !== null &&
      (this.view.team === null || isLibraryUnknown(this.view.libraryFailure, this.view.libraryListedAtMs)),
  )
  /** Number of needed models that the team lacks and that are not queued. */
  readonly missingCount = $derived.by(
    () =>
      (this.view?.needs ?? []).filter(({ stand, isOff }) => !isOff && !availableStates.includes(stand))
        .length,
  )
  readonly chosen = $derived.by(() =>
    (this.view?.needs ?? []).filter((need) => need.stand === 'here' && this.isChosen(need)),
  )

  start(): () => void {
    return this.#services.bridge.on('workflow', (view) => {
      if (view.id === this.#id) this.view = view
    })
  }

  async open(id: string): Promise<void> {
    const before = this.#id
    this.#id = id
    if (before !== id) this.view = null
    this.#ticks.clear()
    this.#services.ui.show('workflow')
    if (before !== '' && before !== id) void this.#services.bridge.closeWorkflow({ id: before })
    await this.load()
  }

  /** Closes the workflow for good. Queued uploads continue. */
  close(): void {
    if (this.#id !== '') void this.#services.bridge.closeWorkflow({ id: this.#id })
    this.#id = ''
    this.view = null
    if (this.#services.ui.view === 'workflow') this.#services.ui.show('uploads')
  }

  readonly show = (): void => this.#services.ui.show('workflow')

  /** Loads the current state of the needed models; `isFresh` lists the team's library again first. */
  async load(isFresh = false): Promise<void> {
    const id = this.#id
    if (id === '') return
    const result = await this.#services.bridge.workflow(isFresh ? { id, isFresh } : { id })
    // Closed or replaced meanwhile.
    if (id !== this.#id) return
    this.loadFailure = result.ok ? null : result.failure
    if (!result.ok) return
    this.view = result.value
    this.loadedAtMs = Date.now()
  }

  readonly listLibraryAgain = async (): Promise<void> => {
    this.isListing = true
    await this.load(true)
    this.isListing = false
  }

  /** Models of disabled nodes are not selected by default. */
  isChosen({ id, isOff }: NeededModelView): boolean {
    return this.#ticks.get(id) ?? !isOff
  }

  choose({ id }: NeededModelView, isOn: boolean): void {
    this.#ticks.set(id, isOn)
  }

  async locate({ id: need }: NeededModelView): Promise<void> {
    const result = await this.#services.bridge.locateNeed({ id: this.#id, need })
    if (result.ok && result.value) this.view = result.value
  }

  readonly lookInFolder = async (): Promise<void> => {
    const result = await this.#services.bridge.lookInFolder({ id: this.#id })
    if (result.ok && result.value) this.view = result.value
  }

  async send(): Promise<void> {
    if (this.isSending) return
    this.isSending = true
    const result = await this.#services.bridge.sendNeeds({
      id: this.#id,
      needs: this.chosen.map(({ id }) => id),
    })
    this.isSending = false
    if (result.ok && result.value) this.#services.handleAdded(result.value)
    await this.load()
  }
}

const availableStates: readonly NeededModelState[] = ['in-library', 'queued']

/** Models of disabled nodes come last. */
const enabledFirst = (one: NeededModelView, other: NeededModelView) => Number(one.isOff) - Number(other.isOff)
