import type { Bridge } from '../../electron/contract/calls.ts'
import type { Failure, Result } from '../../electron/contract/failures.ts'
import {
  defaultSettings,
  withNetwork,
  type KnownNetwork,
  type Settings,
} from '../../electron/contract/settings.ts'
import type { AppInfo } from '../../electron/contract/app-info.ts'

/** In effect until the main process has answered. */
const initialSettings: Settings = { ...defaultSettings, server: '' }

const isFailed = (result: Result<unknown>): result is Extract<Result<unknown>, { ok: false }> => !result.ok

/** The current settings and information about the app. */
export class SettingsState {
  value = $state.raw<Settings>(initialSettings)
  appInfo = $state.raw<AppInfo | null>(null)
  /** True once settings and app information are loaded. */
  isKnown = $state(false)
  /** Why they could not be loaded, or null: defaults must not be shown as what is stored. */
  loadFailure = $state.raw<Failure | null>(null)
  #hasReceived = false
  readonly #bridge: Bridge
  readonly #onAppInfo: (appInfo: AppInfo) => void

  constructor(bridge: Bridge, onAppInfo: (appInfo: AppInfo) => void) {
    this.#bridge = bridge
    this.#onAppInfo = onAppInfo
  }

  /** Subscribes and loads once. Returns a function that unsubscribes. */
  start(): () => void {
    const stops = [
      this.#bridge.on('settings', (settings) => this.#receive(settings)),
      this.#bridge.on('surroundings', (appInfo) => this.#receiveAppInfo(appInfo)),
    ]
    void this.load()
    return () => stops.forEach((stop) => stop())
  }

  /** Changes settings. Returns the failure, so that it can be shown beside the field. */
  async change(change: Partial<Settings>): Promise<Failure | null> {
    const result = await this.#bridge.changeSettings(change)
    if (!result.ok) return result.failure
    this.#receive(result.value)
    return null
  }

  async load(): Promise<void> {
    const [settings, appInfo] = await Promise.all([this.#bridge.settings(), this.#bridge.surroundings()])
    if (settings.ok && !this.#hasReceived) this.#receive(settings.value)
    if (appInfo.ok && !this.appInfo) this.#receiveAppInfo(appInfo.value)
    const isMissing = !this.#hasReceived || !this.appInfo
    this.loadFailure = isMissing ? ([settings, appInfo].find(isFailed)?.failure ?? null) : null
    this.isKnown = this.loadFailure === null
  }

  #receive(settings: Settings): void {
    this.value = settings
    this.#hasReceived = true
  }

  #receiveAppInfo(appInfo: AppInfo): void {
    this.appInfo = appInfo
    this.#onAppInfo(appInfo)
  }
}

/** The known networks with the user's choice for one of them; null follows the system again. */
export function withMetering(
  networks: readonly KnownNetwork[],
  { id, name }: Pick<KnownNetwork, 'id' | 'name'>,
  isMetered: boolean | null,
): readonly KnownNetwork[] {
  if (isMetered === null) return networks.filter((other) => other.id !== id)
  return withNetwork(networks, { id, name, isMetered })
}
