import type { DeadlineSuggestion, DeadlineView } from '../../../electron/contract/deadline.ts'
import type { Services } from '../../app/services.ts'

/** The deadline of the queue, and what the user can do to meet it. */
export class DeadlineState {
  value = $state.raw<DeadlineView | null>(null)
  readonly #services: Services

  constructor(services: Services) {
    this.#services = services
  }

  /** Subscribes and loads once. Returns a function that unsubscribes. */
  start(): () => void {
    const stop = this.#services.bridge.on('deadline', (value) => (this.value = value))
    void this.#services.bridge.deadline().then((result) => {
      if (result.ok) this.value ??= result.value
    })
    return stop
  }

  /** Follows a suggestion; a notice offers to undo it. */
  async follow(suggestion: DeadlineSuggestion): Promise<void> {
    if (suggestion.kind === 'move-up') await this.#moveUp(suggestion.id, suggestion.name)
    else await this.#leaveOut(suggestion.ids)
  }

  async #moveUp(id: string, name: string): Promise<void> {
    const { bridge, notices, queue } = this.#services
    const order = queue.waitingIds()
    const before = order[order.indexOf(id) + 1] ?? null
    if (!(await bridge.moveToTop({ ids: [id] })).ok) return
    notices.showWithUndo({
      key: 'deadline.moved',
      params: { name },
      onaction: () => this.#moveBack(id, before),
    })
  }

  /** It may run already: a pause keeps what storage has of it and lets it wait in its old place. */
  async #moveBack(id: string, before: string | null): Promise<boolean> {
    const { bridge } = this.#services
    const ids = [id]
    const isInPlace = (await bridge.pause({ ids })).ok && (await bridge.moveUploads({ ids, before })).ok
    return isInPlace && (await bridge.resume({ ids })).ok
  }

  async #leaveOut(ids: readonly string[]): Promise<void> {
    const { bridge, notices } = this.#services
    if (!(await bridge.pause({ ids })).ok) return
    notices.showWithUndo({
      key: 'deadline.left-out',
      params: { count: ids.length },
      onaction: async () => (await bridge.resume({ ids })).ok,
    })
  }
}
