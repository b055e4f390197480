import type { Bridge } from '../../electron/contract/calls.ts'
import type { SessionView } from '../../electron/contract/account.ts'
import type { Failure, Result } from '../../electron/contract/failures.ts'
import { clockIsOffMs, type ServerCheck } from '../../electron/contract/servers.ts'
import { baseOf, putLimitOf, serversOf } from '../../electron/contract/servers.ts'
import type { Notices } from '../ui/notices-state.svelte.ts'
import type { SessionState } from '../sign-in/session-state.svelte.ts'
import type { SettingsState } from './settings-state.svelte.ts'

interface Rooms {
  readonly bridge: Bridge
  readonly notices: Notices
  readonly session: SessionState
  readonly settings: SettingsState
}

/** Which servers are known, and the proxy before them. */
export class ServersState {
  readonly #rooms: Rooms
  readonly list = $derived.by(() => serversOf(this.#rooms.settings.value))

  constructor(rooms: Rooms) {
    this.#rooms = rooms
  }

  isChosen(address: string): boolean {
    return baseOf(address) === baseOf(this.#rooms.settings.value.server)
  }

  /** Largest file that goes to a server in one piece, in bytes. */
  limitOf(address: string): number {
    return putLimitOf(this.#rooms.settings.value, address)
  }

  /** Null when the question itself failed, which is told as a notice. */
  async check(address: string): Promise<ServerCheck | null> {
    const answer = await this.#rooms.bridge.checkServer({ address })
    if (!answer.ok) this.#rooms.notices.failure(answer.failure)
    return answer.ok ? answer.value : null
  }

  /** Asks an address and keeps it when it is good. A failure belongs beside the field. */
  async add(address: string): Promise<ServerCheck | Failure> {
    const answer = await this.#rooms.bridge.addServer({ address })
    return answer.ok ? answer.value : answer.failure
  }

  async choose(address: string): Promise<void> {
    const failure = await this.#rooms.settings.chooseServer(address)
    if (failure) this.#rooms.notices.failure(failure)
  }

  async remove(address: string): Promise<void> {
    const answer = await this.#rooms.bridge.removeServer({ address })
    if (!answer.ok) this.#rooms.notices.failure(answer.failure)
  }

  /** The list with another limit for one server. */
  withLimit(address: string, singlePutLimitBytes: number) {
    return this.list.map((entry) => (entry.address === address ? { address, singlePutLimitBytes } : entry))
  }

  /** Answers a proxy. A failure belongs into the dialog that asks, since it covers everything else. */
  async signInToProxy(proxy: string, name: string, password: string): Promise<Failure | null> {
    return this.#take(await this.#rooms.bridge.signInToProxy({ proxy, name, password }))
  }

  async leaveProxy(): Promise<Failure | null> {
    return this.#take(await this.#rooms.bridge.leaveProxy())
  }

  #take(answer: Result<SessionView>): Failure | null {
    if (!answer.ok) return answer.failure
    this.#rooms.session.view = answer.value
    return null
  }
}

/** Whether this computer's clock and the server's are so far apart that it is to be told. */
export const isClockOff = ({ clockAheadMs }: ServerCheck) => Math.abs(clockAheadMs) >= clockIsOffMs

/** How a server is named where there is little room. */
export const hostOf = (address: string): string => URL.parse(address)?.host ?? address
