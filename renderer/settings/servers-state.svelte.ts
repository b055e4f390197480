import type { Bridge } from '../../electron/contract/calls.ts'
import type { SessionView } from '../../electron/contract/account.ts'
import type { Failure, Result } from '../../electron/contract/failures.ts'
import { clockIsOffMs, type ServerCheck } from '../../electron/contract/servers.ts'
import { baseOf, putLimitOf, serversOf } from '../../electron/contract/servers.ts'
import type { NoticesState } from '../ui/notices-state.svelte.ts'
import type { SessionState } from '../sign-in/session-state.svelte.ts'
import type { SettingsState } from './settings-state.svelte.ts'

interface Services {
  readonly bridge: Bridge
  readonly notices: NoticesState
  readonly session: SessionState
  readonly settings: SettingsState
}

/** Which servers are known, and the proxy before them. */
export class ServersState {
  readonly #services: Services
  readonly list = $derived.by(() => serversOf(this.#services.settings.value))

  constructor(services: Services) {
    this.#services = services
  }

  isChosen(address: string): boolean {
    return baseOf(address) === baseOf(this.#services.settings.value.server)
  }

  /** Largest file that goes to a server in one piece, in bytes. */
  limitOf(address: string): number {
    return putLimitOf(this.#services.settings.value, address)
  }

  /** Null when the question itself failed, which is told as a notice. */
  async check(address: string): Promise<ServerCheck | null> {
    const answer = await this.#services.bridge.checkServer({ address })
    if (!answer.ok) this.#services.notices.failure(answer.failure)
    return answer.ok ? answer.value : null
  }

  /** Asks an address and keeps it when it is good. A failure belongs beside the field. */
  async add(address: string): Promise<ServerCheck | Failure> {
    const answer = await this.#services.bridge.addServer({ address })
    return answer.ok ? answer.value : answer.failure
  }

  async choose(address: string): Promise<void> {
    const failure = await this.#services.settings.chooseServer(address)
    if (failure) this.#services.notices.failure(failure)
  }

  async remove(address: string): Promise<void> {
    const answer = await this.#services.bridge.removeServer({ address })
    if (!answer.ok) this.#services.notices.failure(answer.failure)
  }

  /** The list with another limit for one server. */
  withLimit(address: string, singlePutLimitBytes: number) {
    return this.list.map((entry) => (entry.address === address ? { address, singlePutLimitBytes } : entry))
  }

  /** Answers a proxy. A failure belongs into the dialog that asks, since it covers everything else. */
  async signInToProxy(proxy: string, name: string, password: string): Promise<Failure | null> {
    return this.#receive(await this.#services.bridge.signInToProxy({ proxy, name, password }))
  }

  async leaveProxy(): Promise<Failure | null> {
    return this.#receive(await this.#services.bridge.leaveProxy())
  }

  #receive(answer: Result<SessionView>): Failure | null {
    if (!answer.ok) return answer.failure
    this.#services.session.view = answer.value
    return null
  }
}

/** Whether this computer's clock and the server's are so far apart that it is to be told. */
export const isClockOff = ({ clockAheadMs }: ServerCheck) => Math.abs(clockAheadMs) >= clockIsOffMs

/** How a server is named where there is little room. */
export const hostOf = (address: string): string => URL.parse(address)?.host ?? address
