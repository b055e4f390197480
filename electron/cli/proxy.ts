import process from 'node:process'
import { getProxyForUrl } from 'proxy-from-env'
import { isLoopback } from '../contract/servers.ts'
import type { FindProxies } from '../platform/network/proxy-resolver.ts'
import { UsageError } from './arguments.ts'

/**
 * The environment's proxies, except for addresses of this computer: a proxy can't reach them, and would
 * receive the sign-in over http. Chromium applies the same rule to the window (its net/docs/proxy.md,
 * "Implicit bypass rules").
 */
export const findProxiesOfEnvironment: FindProxies = async (url) =>
  isLoopback(new URL(url).hostname) ? ['direct'] : proxiesNamedFor(url)

/**
 * The proxies given by HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY, in upper or lower case, as curl reads
 * them.
 */
export const proxiesNamedFor: FindProxies = async (url) => {
  const { protocol, host } = new URL(url)
  const proxy = getProxyForUrl(`${protocol}//${host}`)
  if (proxy === '') return ['direct']
  return [hasOwnScheme(proxy) ? proxy : proxy.replace(/^https?:/, 'http:')]
}

const variables = ['https_proxy', 'http_proxy', 'all_proxy'].flatMap((name) => [name, name.toUpperCase()])
const schemes: ReadonlySet<string> = new Set([
  'http:',
  'https:',
  'socks:',
  'socks4:',
  'socks4a:',
  'socks5:',
  'socks5h:',
])

/**
 * Throws `UsageError` for a value that isn't a proxy's address, without repeating it: it may contain a
 * password. Path, query and fragment are checked as well, since an unescaped `#` or `/` in a password changes
 * the host.
 */
export function checkProxies(environment: NodeJS.ProcessEnv): void {
  for (const name of variables) {
    const value = environment[name]?.trim()
    if (!value) continue
    const url = URL.parse(value.includes('://') ? value : `http://${value}`)
    const isBare = url !== null && /^\/?$/.test(url.pathname) && url.search === '' && url.hash === ''
    if (isBare && url.hostname !== '' && schemes.has(url.protocol)) continue
    throw new UsageError(
      `${name} is not a valid proxy address. Use http://host:port or socks5h://host:port. In user name and password, write # as %23, / as %2F and @ as %40.`,
    )
  }
}

/**
 * A proxy without a scheme is an http proxy (curl(1), ENVIRONMENT); `proxy-from-env` gives it the scheme of
 * the requested URL.
 */
function hasOwnScheme(proxy: string): boolean {
  return Object.entries(process.env).some(([name, value]) => /_proxy$/i.test(name) && value === proxy)
}
