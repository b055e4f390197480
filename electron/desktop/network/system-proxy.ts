import { session } from 'electron'
import type { Log } from '../../platform/environment.ts'
import type { FindProxies } from '../../platform/network/proxy-resolver.ts'

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

/** The URL scheme for each proxy kind of a PAC file; `SOCKS` is version 4 (Chromium, net/docs/proxy.md). */
const schemes: Readonly<Record<string, string>> = {
  PROXY: 'http',
  HTTP: 'http',
  HTTPS: 'https',
  SOCKS: 'socks4',
  SOCKS4: 'socks4',
  // With version 5, Chromium lets the proxy resolve names.
  SOCKS5: 'socks5h',
}

/**
 * Parses a result such as `PROXY proxy.example:3128; DIRECT` into URLs in order of preference. `unknown`:
 * skipped kinds.
 */
export function parsePacResult(result: string): {
  readonly proxies: readonly string[]
  readonly unknown: readonly string[]
} {
  const proxies: string[] = []
  const unknown: string[] = []
  for (const [kind = '', host = ''] of result.split(';').map((entry) => entry.trim().split(/\s+/))) {
    const scheme = schemes[kind.toUpperCase()]
    if (kind.toUpperCase() === 'DIRECT') proxies.push('direct')
    else if (scheme && URL.canParse(`${scheme}://${host}`)) proxies.push(`${scheme}://${host}`)
    else if (kind !== '') unknown.push(kind)
  }
  return { proxies: proxies.length > 0 ? proxies : ['direct'], unknown }
}
