import type { CallHandlers } from '../contract/calls.ts'
import { failed, failure } from '../contract/failures.ts'
import { serverAddressOf, baseOf, serversOf } from '../contract/servers.ts'
import type { Engine } from '../engine/engine.ts'
import type { SettingsStore } from '../platform/settings.ts'

/** The calls that change which servers are known. */
export function createServerCalls(options: {
  readonly engine: Pick<Engine, 'calls' | 'usesServer'>
  readonly settings: SettingsStore
}): Pick<CallHandlers, 'addServer' | 'removeServer'> {
  const { engine, settings } = options
  return {
    async addServer({ address: typed }) {
      const address = serverAddressOf(typed)
      if (address === null) return failed(failure('bad-server-address'))
      const check = await engine.calls.checkServer({ address })
      if (!check.ok || check.value.failure) return check
      const kept = keep(settings, check.value.address)
      return kept.ok ? check : kept
    },
    async removeServer({ address }) {
      const { servers, server } = settings.current()
      if (baseOf(address) === baseOf(server) || engine.usesServer(address)) {
        return failed(failure('server-in-use', { host: URL.parse(address)?.host ?? address }))
      }
      return settings.change({
        servers: servers.filter((known) => baseOf(known.address) !== baseOf(address)),
      })
    },
  }
}

/** Makes an address the one for new sign-ins; those that are known stay, the one in force among them. */
function keep(settings: SettingsStore, address: string) {
  const known = serversOf(settings.current())
  const isNew = !known.some((entry) => baseOf(entry.address) === baseOf(address))
  const servers = isNew ? [...known, { address, singlePutLimitBytes: null }] : [...known]
  return settings.change({ servers, server: address })
}
