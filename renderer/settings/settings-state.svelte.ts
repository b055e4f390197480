import type { Bridge } from '../../electron/contract/calls.ts'
import type { Failure } from '../../electron/contract/failures.ts'
import { serversOf } from '../../electron/contract/servers.ts'
import { defaultSettings, type Settings } from '../../electron/contract/settings.ts'
import type { AppInfo } from '../../electron/contract/app-info.ts'

/** In force until main has answered. */
const initialSettings: Settings = { ...defaultSettings, server: '' }

/** The settings in force and what the app runs on. */
export class SettingsState {
  value = $state.raw<Settings>(initialSettings)
  surroundings = $state.raw<AppInfo | null>(null)
  /** True once both were asked for and answered. */
  isKnown = $state(false)
  #wasTold = false
  readonly #bridge: Bridge
  readonly #onSurroundings: (surroundings: AppInfo) => void

  constructor(bridge: Bridge, onSurroundings: (surroundings: AppInfo) => void) {
    this.#bridge = bridge
    this.#onSurroundings = onSurroundings
  }

  /** Subscribes and asks once. The answer unsubscribes. */
  begin(): () => void {
    const stops = [
      this.#bridge.on('settings', (settings) => this.#take(settings)),
      this.#bridge.on('surroundings', (surroundings) => this.#find(surroundings)),
    ]
    void this.#ask()
    return () => stops.forEach((stop) => stop())
  }

  /** Changes some settings; a failure is answered, not shown: it belongs beside the field. */
  async change(change: Partial<Settings>): Promise<Failure | null> {
    const answer = await this.#bridge.changeSettings(change)
    if (!answer.ok) return answer.failure
    this.#take(answer.value)
    return null
  }

  /** Lets new sign-ins go to another server; the one before stays known. */
  chooseServer(server: string): Promise<Failure | null> {
    return this.change({ server, servers: [...serversOf(this.value)] })
  }

  async #ask(): Promise<void> {
    const [settings, surroundings] = await Promise.all([this.#bridge.settings(), this.#bridge.surroundings()])
    if (settings.ok && !this.#wasTold) this.#take(settings.value)
    if (surroundings.ok && !this.surroundings) this.#find(surroundings.value)
    this.isKnown = true
  }

  #take(settings: Settings): void {
    this.value = settings
    this.#wasTold = true
  }

  #find(surroundings: AppInfo): void {
    this.surroundings = surroundings
    this.#onSurroundings(surroundings)
  }
}
