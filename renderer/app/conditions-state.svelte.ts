import type { Bridge } from '../../electron/contract/calls.ts'
import type { Conditions, FileManagerEntry, LoginItem, WhenDone } from '../../electron/contract/conditions.ts'
import type { Failure } from '../../electron/contract/failures.ts'

/** How things stand around the uploads, and where the app is at home on this computer. */
export class ConditionsState {
  /** Null until told. */
  value = $state.raw<Conditions | null>(null)
  /** As it really is; null until asked. */
  loginItem = $state.raw<LoginItem | null>(null)
  fileManagers = $state.raw<readonly FileManagerEntry[]>([])
  readonly #bridge: Bridge
  readonly #failed: (failure: Failure) => void

  constructor(bridge: Bridge, failed: (failure: Failure) => void) {
    this.#bridge = bridge
    this.#failed = failed
  }

  /** Subscribes and asks once. The answer unsubscribes. */
  start(): () => void {
    const stop = this.#bridge.on('conditions', (value) => (this.value = value))
    void this.#load()
    return stop
  }

  async #load(): Promise<void> {
    const answer = await this.#bridge.conditions()
    if (answer.ok) this.value ??= answer.value
  }

  async sendAnyway(isAlways: boolean): Promise<void> {
    const answer = await this.#bridge.sendAnyway({ isAlways })
    if (!answer.ok) this.#failed(answer.failure)
  }

  async setWhenDone(whenDone: WhenDone): Promise<void> {
    const answer = await this.#bridge.setWhenDone({ whenDone })
    if (!answer.ok) this.#failed(answer.failure)
  }

  /** Asks how things really are: both may have been changed elsewhere. */
  async loadIntegrations(): Promise<void> {
    const [login, managers] = await Promise.all([this.#bridge.loginItem(), this.#bridge.fileManagers()])
    if (login.ok) this.loginItem = login.value
    if (managers.ok) this.fileManagers = managers.value
  }

  async setLoginItem(isOn: boolean): Promise<void> {
    const answer = await this.#bridge.setLoginItem({ isOn })
    if (answer.ok) this.loginItem = answer.value
    else this.#failed(answer.failure)
  }

  async setFileManager(id: FileManagerEntry['id'], isOn: boolean): Promise<void> {
    const answer = await this.#bridge.setFileManager({ id, isOn })
    if (answer.ok) this.fileManagers = answer.value
    else this.#failed(answer.failure)
  }
}
