import type { Bridge } from '../../electron/contract/calls.ts'
import type { Failure, FailureCode, Result } from '../../electron/contract/failures.ts'
import type { UpdateState } from '../../electron/contract/updates.ts'

/** One that was ready did not take this one's place. */
const notTaken: readonly FailureCode[] = ['update-not-installed', 'update-not-writable']

/** How a newer version of the app stands, and the licences of what is in this one. */
export class UpdatesState {
  value = $state.raw<UpdateState>({ kind: 'current', checkedAtMs: null })
  /** The version that the person wants to hear no more of in this window, or null. */
  #putOff = $state<string | null>(null)
  #hasReceived = false
  readonly #bridge: Bridge

  readonly #failed: (failure: Failure) => void

  /** `failed` hears of what was asked for and could not even be begun. */
  constructor(bridge: Bridge, failed: (failure: Failure) => void) {
    this.#bridge = bridge
    this.#failed = failed
  }

  /** What is worth a line above the list: an answer is wanted, or something went wrong with one that was ready. */
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

  /** Subscribes and asks once. The answer unsubscribes. */
  start(): () => void {
    const stop = this.#bridge.on('update', (state) => this.#receive(state))
    void this.#bridge.update().then((answer) => {
      if (answer.ok && !this.#hasReceived) this.#receive(answer.value)
    })
    return stop
  }

  readonly check = () => this.#do(this.#bridge.checkForUpdate())
  readonly download = () => this.#do(this.#bridge.downloadUpdate())
  readonly install = () => this.#do(this.#bridge.installUpdate())
  readonly notices = () => this.#bridge.thirdPartyNotices()

  putOff(): void {
    this.#putOff = 'version' in this.value ? this.value.version : this.value.kind
  }

  async #do(asked: Promise<Result<UpdateState>>): Promise<void> {
    const answer = await asked
    if (answer.ok) this.#receive(answer.value)
    else this.#failed(answer.failure)
  }

  #receive(state: UpdateState): void {
    this.value = state
    this.#hasReceived = true
  }
}
