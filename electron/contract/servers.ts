import type { ServerEntry, Settings } from './settings.ts'

/** A server's address with nothing after its path, as the API's paths are put to it. */
export const baseOf = (server: string) => server.replace(/\/+$/, '')

type Known = Pick<Settings, 'server' | 'servers' | 'singlePutLimitBytes'>

/** Every server that is known, the one for new sign-ins among them, each once. */
export function serversOf({ server, servers }: Pick<Settings, 'server' | 'servers'>): readonly ServerEntry[] {
  const here = { address: server, singlePutLimitBytes: null }
  return servers.some(({ address }) => baseOf(address) === baseOf(server)) ? servers : [here, ...servers]
}

/** The largest file that goes to a server as one PUT, in bytes. */
export function putLimitOf(settings: Known, server: string): number {
  const entry = settings.servers.find(({ address }) => baseOf(address) === baseOf(server))
  return entry?.singlePutLimitBytes ?? settings.singlePutLimitBytes
}
