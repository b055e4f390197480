import type { SessionView } from '../../../electron/contract/account.ts'
import { failure, type Failure, type Result } from '../../../electron/contract/failures.ts'
import {
  baseOf,
  clockIsOffMs,
  putLimitOf,
  serverAddressOf,
  serversOf,
  withDefaultScheme,
  type ServerCheck,
} from '../../../electron/contract/servers.ts'
import type { Services } from '../../app/services.ts'

/** The known servers and the proxy sign-in. */
export class ServersState {
  readonly #services: Services
  readonly list = $derived.by(() => serversOf(this.#services.settings.value))

  constructor(services: Services) {
    this.#services = services
  }

  isChosen(address: string): boolean {
    return baseOf(address) === baseOf(this.#services.settings.value.server)
  }

  /** Largest single upload of a server, in bytes. */
  limitOf(address: string): number {
    return putLimitOf(this.#services.settings.value, address)
  }

  /** Null if the call failed, which is shown as a notice. */
  async check(address: string): Promise<ServerCheck | null> {
    const result = await this.#services.bridge.checkServer({ address })
    return result.ok ? result.value : null
  }

  /**
   * Checks a typed address and saves it if it is valid, once the user has confirmed it in a native dialog; null when
   * that was cancelled. The form shows a returned failure.
   */
  async add(typed: string): Promise<ServerCheck | Failure | null> {
    const address = withDefaultScheme(typed)
    if (serverAddressOf(address) === null) return failure('bad-server-address')
    const result = await this.#services.bridge.addServer({ address })
    return result.ok ? result.value : result.failure
  }

  /** Uses a server for new sign-ins, and keeps the previous one in the list. Shows a failure and returns it. */
  async choose(server: string): Promise<Failure | null> {
    const { notices, settings } = this.#services
    if (server === settings.value.server) return null
    const failure = await settings.change({ server, servers: [...this.list] })
    if (failure) notices.failure(failure)
    return failure
  }

  /** The server list with one limit changed. */
  withLimit(address: string, singlePutLimitBytes: number) {
    return this.list.map((entry) => (entry.address === address ? { address, singlePutLimitBytes } : entry))
  }

  /** Signs in to a proxy. The dialog shows a returned failure, because it covers the notices. */
  async signInToProxy(proxy: string, name: string, password: string): Promise<Failure | null> {
    return this.#receive(await this.#services.bridge.signInToProxy({ proxy, name, password }))
  }

  async leaveProxy(): Promise<Failure | null> {
    return this.#receive(await this.#services.bridge.leaveProxy())
  }

  #receive(result: Result<SessionView>): Failure | null {
    if (!result.ok) return result.failure
    this.#services.session.view = result.value
    return null
  }
}

/** S3's smallest part and largest single PUT (5 MiB and 5 GiB), rounded inwards to whole MB. */
export const limitInMegabytes = { least: 6, most: 5_368 } as const

/** Parses a limit in MB to bytes; null if it is invalid or out of range. */
export function limitOf(typed: string): number | null {
  const megabytes = Number(typed.trim())
  const isInRange = megabytes >= limitInMegabytes.least && megabytes <= limitInMegabytes.most
  return Number.isInteger(megabytes) && isInRange ? megabytes * 1_000_000 : null
}

/** The short name of a server: its host. */
export const hostOf = (address: string): string => URL.parse(address)?.host ?? address

/** Whether this computer's clock differs so much from the server's that sign-ins can fail. */
export const hasWrongClock = ({ clockAheadMs }: ServerCheck): boolean =>
  Math.abs(clockAheadMs) >= clockIsOffMs
