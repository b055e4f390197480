import type { Result } from '../../electron/contract/failures.ts'
import type { WaitingFilesView } from '../../electron/contract/uploads.ts'
import type { Services } from '../app/services.ts'

/** The files that wait for a sign-in or a team. */
export class WaitingFilesState {
  view = $state.raw<WaitingFilesView>({ count: 0, names: [], hasFolders: false, failure: null })
  readonly #services: Services

  constructor(services: Services) {
    this.#services = services
  }

  /** Subscribes and loads once. Returns a function that unsubscribes. */
  start(): () => void {
    const stop = this.#services.bridge.on('waitingFiles', (view) => (this.view = view))
    void this.#services.bridge.waitingFiles().then((result) => this.#receive(result))
    return stop
  }

  /** Forgets the files; the notice keeps them again. */
  readonly discard = async () => {
    const { count } = this.view
    if (!this.#receive(await this.#services.bridge.discardWaitingFiles())) return
    this.#services.notices.showWithUndo({
      key: 'review.discarded',
      params: { count },
      onaction: async () => this.#receive(await this.#services.bridge.undoDiscardWaitingFiles()),
    })
  }

  /** Returns whether the call succeeded. */
  #receive(result: Result<WaitingFilesView>): boolean {
    if (result.ok) this.view = result.value
    return result.ok
  }
}
