import type { CallHandlers } from '../contract/calls.ts'
import { failed, failure, success } from '../contract/failures.ts'
import { baseOf, serverAddressOf, serversOf, type ServerCheck } from '../contract/servers.ts'
import { maxServers } from '../contract/settings.ts'
import type { Engine } from '../engine/engine.ts'
import type { Log } from '../platform/environment.ts'
import type { SettingsStore } from '../platform/settings.ts'
import { knownServers, settingsAfter, weakenedSettings } from './settings/page-settings.ts'
import type { Dialogs } from './window/dialogs.ts'

/** More than a user needs to check every known server, too few to use the app for sending requests. */
export const serverCheckLimit = { count: 30, withinMs: 60_000 }

/**
 * The calls that change or contact servers. A server is known once the user has confirmed its address in a
 * native dialog, and the page can use known servers only. So the list of known servers needs no second list
 * of confirmed ones.
 */
export function createServerHandlers(options: {
  readonly engine: Engine
  readonly settings: SettingsStore
  readonly dialogs: Pick<Dialogs, 'confirmServer' | 'confirmSettings'>
  /** Counts a request to a server, and says whether it may be sent now. */
  readonly mayCheck: () => boolean
  readonly log: Log
}): Pick<CallHandlers, 'addServer' | 'removeServer' | 'checkServer' | 'changeSettings'> {
  const { engine, settings, dialogs, mayCheck, log } = options
  /** Confirmed since the start, but not added yet, for example because the server could not be reached. */
  const confirmed = new Set<string>()

  const isKnown = (address: string) => knownServers(settings.current()).has(baseOf(address))

  async function isConfirmed(address: string): Promise<boolean> {
    if (isKnown(address) || confirmed.has(address)) return true
    if (!(await dialogs.confirmServer(address))) return false
    confirmed.add(address)
    return true
  }

  return {
    async checkServer({ address: input }) {
      const address = serverAddressOf(input)
      if (address === null) return failed(failure('bad-server-address'))
      if (!isKnown(address)) {
        log.error('the check of an unknown server was rejected')
        return failed(failure('bad-call'))
      }
      if (!mayCheck()) return failed(failure('too-often'))
      return success(verdictOf(await engine.checkServer(address)))
    },
    async addServer({ address: input }) {
      const address = serverAddressOf(input)
      if (address === null) return failed(failure('bad-server-address'))
      const { fixedServer } = settings
      if (fixedServer !== null && baseOf(fixedServer) !== baseOf(address))
        return failed(failure('server-fixed', { host: new URL(fixedServer).host }))
      if (!(await isConfirmed(address))) return success(null)
      if (!mayCheck()) return failed(failure('too-often'))
      const check = verdictOf(await engine.checkServer(address))
      if (check.failure) return success(check)
      // The server may have been removed during the check.
      if (!(await isConfirmed(address))) return success(null)
      const stored = addDefaultServer(settings, check.address)
      // From now on the list of servers says whether it is confirmed.
      if (isKnown(check.address)) confirmed.delete(address)
      return stored.ok ? success(check) : stored
    },
    async removeServer({ address }) {
      const { servers, server } = settings.current()
      if (baseOf(address) === baseOf(server) || engine.usesServer(address)) {
        return failed(failure('server-in-use', { host: URL.parse(address)?.host ?? address }))
      }
      // One of them may be another address of this server.
      confirmed.clear()
      return settings.change({
        servers: servers.filter((known) => baseOf(known.address) !== baseOf(address)),
      })
    },
    async changeSettings(change) {
      const weakened = weakenedSettings(settings.current(), change)
      if (weakened === null) {
        log.error('a change of settings was rejected', { names: Object.keys(change) })
        return failed(failure('bad-call'))
      }
      const after = settingsAfter(settings.current(), change)
      const isConfirmed = weakened.length === 0 || (await dialogs.confirmSettings(weakened, after))
      if (!isConfirmed) return success(settings.current())
      const changed = settings.change(change)
      if (changed.ok) log.info('the page changed settings', { names: Object.keys(change) })
      return changed
    },
  }
}

/**
 * A check without texts of the response: a script in the page must not be able to read from servers.
 * `params` are names of hosts and numbers.
 */
export function verdictOf(check: ServerCheck): ServerCheck {
  return { ...check, failure: check.failure && failure(check.failure.code, check.failure.params) }
}

/** Uses the server for new sign-ins and keeps the known servers, including the previous default. */
function addDefaultServer(settings: SettingsStore, address: string) {
  const known = serversOf(settings.current())
  const isNew = !known.some((entry) => baseOf(entry.address) === baseOf(address))
  const servers = isNew ? [...known, { address, singlePutLimitBytes: null }] : [...known]
  if (servers.length > maxServers)
    return failed(failure('too-many-servers', { count: known.length, host: new URL(address).host }))
  return settings.change({ servers, server: address })
}
