import type { TeamChoice } from '../../electron/contract/account.ts'
import type { Failure, Result } from '../../electron/contract/failures.ts'
import type { WatchedFoldersView } from '../../electron/contract/watched-folders.ts'
import type { AppState } from '../app/app-state.svelte.ts'

/** The watched folders. */
export class WatchedFoldersState {
  view = $state.raw<WatchedFoldersView>({ folders: [] })
  /** True once loaded: an empty list then means that no folder is watched. */
  isKnown = $state(false)
  /** Why they could not be loaded, or null. */
  loadFailure = $state.raw<Failure | null>(null)
  /** When they were last loaded (ms since the epoch). */
  loadedAtMs = 0
  readonly #app: AppState

  constructor(app: AppState) {
    this.#app = app
  }

  start(): () => void {
    return this.#app.bridge.on('watching', (view) => (this.view = view))
  }

  readonly load = async () => {
    const result = await this.#app.bridge.watching()
    this.loadFailure = result.ok ? null : result.failure
    this.#receive(result)
  }
  readonly add = async (team: TeamChoice) => this.#receive(await this.#app.bridge.watchFolder({ team }))
  readonly pause = async (id: string, isPaused: boolean) =>
    this.#receive(await this.#app.bridge.pauseWatched({ id, isPaused }))
  readonly give = async (id: string, team: TeamChoice) =>
    this.#receive(await this.#app.bridge.giveWatched({ id, team }))
  readonly remove = async (id: string) => this.#receive(await this.#app.bridge.unwatch({ id }))
  readonly decline = async (id: string) => this.#receive(await this.#app.bridge.declineOffered({ id }))
  readonly send = async (id: string) => {
    const result = await this.#app.bridge.sendOffered({ id })
    if (result.ok && result.value) this.#app.handleAdded(result.value)
    await this.load()
  }

  #receive(result: Result<WatchedFoldersView>): void {
    if (!result.ok) return
    this.view = result.value
    this.isKnown = true
    this.loadedAtMs = Date.now()
  }
}
