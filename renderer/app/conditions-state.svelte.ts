import type { Bridge } from '../../electron/contract/calls.ts'
import type { Conditions, FileManagerEntry, LoginItem } from '../../electron/contract/conditions.ts'
import type { Failure } from '../../electron/contract/failures.ts'

/** Power, network and schedule conditions of the uploads, and the app's system integrations. */
export class ConditionsState {
  /** Null until loaded. */
  value = $state.raw<Conditions | null>(null)
  /** The actual state in the system; null until loaded. */
  loginItem = $state.raw<LoginItem | null>(null)
  fileManagers = $state.raw<readonly FileManagerEntry[]>([])
  /** Why the conditions could not be loaded, or null. */
  loadFailure = $state.raw<Failure | null>(null)
  /** Why the system's entries could not be read, or null. */
  integrationsFailure = $state.raw<Failure | null>(null)
  readonly #bridge: Bridge

  constructor(bridge: Bridge) {
    this.#bridge = bridge
  }

  /** Subscribes and loads once. Returns a function that unsubscribes. */
  start(): () => void {
    const stop = this.#bridge.on('conditions', (value) => (this.value = value))
    void this.load()
    return stop
  }

  readonly load = async (): Promise<void> => {
    const result = await this.#bridge.conditions()
    this.loadFailure = result.ok || this.value ? null : result.failure
    if (result.ok) this.value ??= result.value
  }

  /** Reads the state from the system, where it may have been changed by other means. */
  async loadIntegrations(): Promise<void> {
    const [login, managers] = await Promise.all([this.#bridge.loginItem(), this.#bridge.fileManagers()])
    if (login.ok) this.loginItem = login.value
    if (managers.ok) this.fileManagers = managers.value
    const failed = [login, managers].find((result) => !result.ok)
    this.integrationsFailure = failed && !failed.ok ? failed.failure : null
  }

  async setLoginItem(isOn: boolean): Promise<void> {
    const result = await this.#bridge.setLoginItem({ isOn })
    if (result.ok) this.loginItem = result.value
  }

  async setFileManager(id: FileManagerEntry['id'], isOn: boolean): Promise<void> {
    const result = await this.#bridge.setFileManager({ id, isOn })
    if (result.ok) this.fileManagers = result.value
  }
}
