import { SvelteMap } from 'svelte/reactivity'
import type { Bridge } from '../../electron/contract/calls.ts'
import type { NeedStand, NeedView, WorkflowView } from '../../electron/contract/finding.ts'
import type { Notices } from './notices.svelte.ts'
import type { UiState } from './ui.svelte.ts'

/** What needs the person stands first. */
export const needStands: readonly NeedStand[] = ['here', 'nowhere', 'queued', 'in-library']

/** The workflow that was dropped last. */
export class WorkflowState {
  view = $state.raw<WorkflowView | null>(null)
  isSending = $state(false)
  /** What the person ticked or unticked against our suggestion. */
  readonly #ticks = new SvelteMap<string, boolean>()
  readonly #bridge: Bridge
  readonly #notices: Notices
  readonly #ui: UiState
  #id = ''

  constructor(bridge: Bridge, notices: Notices, ui: UiState) {
    this.#bridge = bridge
    this.#notices = notices
    this.#ui = ui
  }

  readonly groups = $derived.by(() =>
    needStands
      .map((stand) => ({
        stand,
        needs: (this.view?.needs ?? []).filter((need) => need.stand === stand).sort(onFirst),
      }))
      .filter(({ needs }) => needs.length > 0),
  )
  readonly chosen = $derived.by(() =>
    (this.view?.needs ?? []).filter((need) => need.stand === 'here' && this.isChosen(need)),
  )

  begin(): () => void {
    return this.#bridge.on('workflow', (view) => {
      if (view.id === this.#id) this.view = view
    })
  }

  async open(id: string): Promise<void> {
    this.#id = id
    this.#ticks.clear()
    this.#ui.show('workflow')
    await this.ask()
  }

  /** What stands in the queue may have come or gone meanwhile. */
  async ask(): Promise<void> {
    const answer = await this.#bridge.workflow({ id: this.#id })
    if (answer.ok) this.view = answer.value
    else this.#notices.failure(answer.failure)
  }

  /** What a switched-off node names is not needed for now. */
  isChosen({ id, isOff }: NeedView): boolean {
    return this.#ticks.get(id) ?? !isOff
  }

  choose({ id }: NeedView, isOn: boolean): void {
    this.#ticks.set(id, isOn)
  }

  async locate({ id: need }: NeedView): Promise<void> {
    const answer = await this.#bridge.locateNeed({ id: this.#id, need })
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
    await this.ask()
  }
}

/** What a switched-off node names is wanted last. */
const onFirst = (one: NeedView, other: NeedView) => Number(one.isOff) - Number(other.isOff)
