import { SvelteMap } from 'svelte/reactivity'
import type { Bridge } from '../../electron/contract/calls.ts'
import type { NeededModelState, NeededModelView, WorkflowView } from '../../electron/contract/discovery.ts'
import type { NoticesState } from '../ui/notices-state.svelte.ts'
import type { UiState } from '../app/ui-state.svelte.ts'

/** What needs the person stands first. */
export const groupOrder: readonly NeededModelState[] = ['failed', 'here', 'nowhere', 'queued', 'in-library']
/** In the summary what the team has stands first: it is what the person hopes for. */
const summaryOrder: readonly NeededModelState[] = ['in-library', 'queued', 'failed', 'here', 'nowhere']

/** The workflow that was dropped last, until it is closed. */
export class WorkflowState {
  view = $state.raw<WorkflowView | null>(null)
  isSending = $state(false)
  /** What the person ticked or unticked against our suggestion. */
  readonly #ticks = new SvelteMap<string, boolean>()
  readonly #bridge: Bridge
  readonly #notices: NoticesState
  readonly #ui: UiState
  #id = ''

  constructor(bridge: Bridge, notices: NoticesState, ui: UiState) {
    this.#bridge = bridge
    this.#notices = notices
    this.#ui = ui
  }

  readonly groups = $derived.by(() =>
    groupOrder
      .map((stand) => ({
        stand,
        needs: (this.view?.needs ?? []).filter((need) => need.stand === stand).sort(enabledFirst),
      }))
      .filter(({ needs }) => needs.length > 0),
  )
  /** How many stand where, without those of which there are none. */
  readonly counts = $derived.by(() =>
    summaryOrder
      .map((stand) => ({
        stand,
        count: (this.view?.needs ?? []).filter((need) => need.stand === stand).length,
      }))
      .filter(({ count }) => count > 0),
  )
  /** Models that the team lacks and that are not on their way. */
  readonly missingCount = $derived.by(
    () =>
      (this.view?.needs ?? []).filter(({ stand, isOff }) => !isOff && !availableStates.includes(stand))
        .length,
  )
  readonly chosen = $derived.by(() =>
    (this.view?.needs ?? []).filter((need) => need.stand === 'here' && this.isChosen(need)),
  )

  start(): () => void {
    return this.#bridge.on('workflow', (view) => {
      if (view.id === this.#id) this.view = view
    })
  }

  async open(id: string): Promise<void> {
    const before = this.#id
    this.#id = id
    this.#ticks.clear()
    this.#ui.show('workflow')
    if (before !== '' && before !== id) void this.#bridge.closeWorkflow({ id: before })
    await this.load()
  }

  /** It can't be shown again; what was queued from it goes on. */
  close(): void {
    if (this.#id !== '') void this.#bridge.closeWorkflow({ id: this.#id })
    this.#id = ''
    this.view = null
    if (this.#ui.view === 'workflow') this.#ui.show('uploads')
  }

  readonly show = (): void => this.#ui.show('workflow')

  /** What stands in the queue may have come or gone meanwhile. */
  async load(): Promise<void> {
    const id = this.#id
    if (id === '') return
    const answer = await this.#bridge.workflow({ id })
    // Closed, or another one, meanwhile.
    if (id !== this.#id) return
    if (answer.ok) this.view = answer.value
    else this.#notices.failure(answer.failure)
  }

  /** What a switched-off node names is not needed for now. */
  isChosen({ id, isOff }: NeededModelView): boolean {
    return this.#ticks.get(id) ?? !isOff
  }

  choose({ id }: NeededModelView, isOn: boolean): void {
    this.#ticks.set(id, isOn)
  }

  async locate({ id: need }: NeededModelView): Promise<void> {
    const answer = await this.#bridge.locateNeed({ id: this.#id, need })
    if (!answer.ok) this.#notices.failure(answer.failure)
    else if (answer.value) this.view = answer.value
  }

  readonly lookInFolder = async (): Promise<void> => {
    const answer = await this.#bridge.lookInFolder({ id: this.#id })
    if (!answer.ok) this.#notices.failure(answer.failure)
    else if (answer.value) this.view = answer.value
  }

  async send(): Promise<void> {
    if (this.isSending) return
    this.isSending = true
    const answer = await this.#bridge.sendNeeds({ id: this.#id, needs: this.chosen.map(({ id }) => id) })
    this.isSending = false
    if (!answer.ok) this.#notices.failure(answer.failure)
    else if (answer.value) this.#notices.report(answer.value)
    await this.load()
  }
}

const availableStates: readonly NeededModelState[] = ['in-library', 'queued']

/** What a switched-off node names is wanted last. */
const enabledFirst = (one: NeededModelView, other: NeededModelView) => Number(one.isOff) - Number(other.isOff)
