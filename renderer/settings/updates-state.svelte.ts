import type { Bridge } from '../../electron/contract/calls.ts'
import type { Failure, FailureCode, Result } from '../../electron/contract/failures.ts'
import type { UpdateState } from '../../electron/contract/updates.ts'

/** Failures after which a downloaded update was not installed. */
const notTaken: readonly FailureCode[] = ['update-not-installed', 'update-not-writable']

/** State of app updates, and the third-party licences. */
export class UpdatesState {
  value = $state.raw<UpdateState>({ kind: 'current', checkedAtMs: null })
  /** The version that was dismissed in this window, or null. */
  #putOff = $state<string | null>(null)
  /** Why the state could not be loaded, or null. */
  loadFailure = $state.raw<Failure | null>(null)
  #hasReceived = false
  readonly #bridge: Bridge

  constructor(bridge: Bridge) {
    this.#bridge = bridge
  }

  /** The update state to show above the list: a decision is needed, or a downloaded update failed. */
  readonly note = $derived.by(() => {
    const { value } = this
    const isNews =
      value.kind === 'found' ||
      value.kind === 'ready' ||
      value.kind === 'installing' ||
      (value.kind === 'failed' && notTaken.includes(value.failure.code))
    const name = 'version' in value ? value.version : value.kind
    return isNews && name !== this.#putOff ? value : null
  })

  /** Subscribes and loads once. Returns a function that unsubscribes. */
  start(): () => void {
    const stop = this.#bridge.on('update', (state) => this.#receive(state))
    void this.load()
    return stop
  }

  readonly load = async (): Promise<void> => {
    const result = await this.#bridge.update()
    if (this.#hasReceived) return
    if (result.ok) this.#receive(result.value)
    else this.loadFailure = result.failure
  }

  readonly check = () => this.#do(this.#bridge.checkForUpdate())
  readonly download = () => this.#do(this.#bridge.downloadUpdate())
  readonly install = () => this.#do(this.#bridge.installUpdate())

  putOff(): void {
    this.#putOff = 'version' in this.value ? this.value.version : this.value.kind
  }

  async #do(asked: Promise<Result<UpdateState>>): Promise<void> {
    const result = await asked
    if (result.ok) this.#receive(result.value)
  }

  #receive(state: UpdateState): void {
    this.value = state
    this.loadFailure = null
    this.#hasReceived = true
  }
}
