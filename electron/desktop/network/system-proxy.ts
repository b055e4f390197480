import { session } from 'electron'
import type { Log } from '../../platform/environment.ts'
import type { FindProxies } from '../../platform/network/proxy-resolver.ts'
import { parsePacResult } from './pac-result.ts'

/** Finds the system's proxies as Chromium does: from the system settings, a PAC file or WPAD. */
export function createSystemProxyFinder(log: Log): FindProxies {
  return async (url) => {
    // Like browsers, this passes no path and query of https addresses to a PAC file: the query of a
    // presigned URL is a secret.
    const { origin } = new URL(url)
    const result = await session.defaultSession.resolveProxy(`${origin}/`)
    const { proxies, unknown } = parsePacResult(result)
    if (unknown.length > 0) log.warn('proxies of an unknown kind were skipped', { unknown })
    return proxies
  }
}
