import { session } from 'electron'
import type { Log } from '../../platform/environment.ts'
import type { FindProxies } from '../../platform/proxy-resolver.ts'
import { parsePacResult } from './pac-result.ts'

/** The computer's own proxies as Chromium finds them: the system's settings, a PAC file, or what the network announces. */
export function createSystemProxyFinder(log: Log): FindProxies {
  return async (url) => {
    // A presigned URL's query is a secret, and a PAC file is given none by browsers either: https without path and query.
    const { origin } = new URL(url)
    const answer = await session.defaultSession.resolveProxy(`${origin}/`)
    const { proxies, unknown } = parsePacResult(answer)
    if (unknown.length > 0) log.warn('a proxy of a kind that is not known is passed over', { unknown })
    return proxies
  }
}
