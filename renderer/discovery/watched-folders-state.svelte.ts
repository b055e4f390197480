import type { TeamChoice } from '../../electron/contract/account.ts'
import type { Failure, Result } from '../../electron/contract/failures.ts'
import type { WatchedFoldersView } from '../../electron/contract/watched-folders.ts'
import type { Services } from '../app/services.ts'

/** The watched folders. */
export class WatchedFoldersState {
  view = $state.raw<WatchedFoldersView>({ folders: [] })
  /** True once loaded: an empty list then means that no folder is watched. */
  isKnown = $state(false)
  /** Why they could not be loaded, or null. */
  loadFailure = $state.raw<Failure | null>(null)
  /** When they were last loaded (ms since the epoch). */
  loadedAtMs = 0
  readonly #services: Services

  constructor(services: Services) {
    this.#services = services
  }

  start(): () => void {
    return this.#services.bridge.on('watching', (view) => (this.view = view))
  }

  readonly load = async () => {
    const result = await this.#services.bridge.watching()
    this.loadFailure = result.ok ? null : result.failure
    this.#receive(result)
  }
  readonly add = async (team: TeamChoice) => this.#receive(await this.#services.bridge.watchFolder({ team }))
  readonly pause = async (id: string, isPaused: boolean) =>
    this.#receive(await this.#services.bridge.pauseWatched({ id, isPaused }))
  readonly give = async (id: string, team: TeamChoice) =>
    this.#receive(await this.#services.bridge.giveWatched({ id, team }))
  readonly remove = async (id: string) => this.#receive(await this.#services.bridge.unwatch({ id }))
  readonly decline = async (id: string) => this.#receive(await this.#services.bridge.declineOffered({ id }))
  readonly send = async (id: string) => {
    const result = await this.#services.bridge.sendOffered({ id })
    if (result.ok && result.value) this.#services.handleAdded(result.value)
    await this.load()
  }

  #receive(result: Result<WatchedFoldersView>): void {
    if (!result.ok) return
    this.view = result.value
    this.isKnown = true
    this.loadedAtMs = Date.now()
  }
}
