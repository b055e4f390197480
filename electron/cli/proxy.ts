import process from 'node:process'
import { getProxyForUrl } from 'proxy-from-env'
import { isLoopback } from '../contract/servers.ts'
import type { FindProxies } from '../platform/proxy-resolver.ts'
import { UsageError } from './arguments.ts'

/**
 * What the environment names, but for this computer itself: a proxy elsewhere can't reach it, and would be shown what is meant
 * to stay here, over http with its sign-in. Chromium does the same for the window (its net/docs/proxy.md, "Implicit bypass
 * rules").
 */
export const findProxiesOfEnvironment: FindProxies = async (url) =>
  isLoopback(new URL(url).hostname) ? ['direct'] : proxiesNamedFor(url)

/** The proxies that HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY name, in capitals or not, as curl reads them. */
export const proxiesNamedFor: FindProxies = async (url) => {
  const { protocol, host } = new URL(url)
  const proxy = getProxyForUrl(`${protocol}//${host}`)
  if (proxy === '') return ['direct']
  return [wasNamed(proxy) ? proxy : proxy.replace(/^https?:/, 'http:')]
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
 * Refuses what can't be read as a proxy, without a word of what it was: it may hold a password. Throws `UsageError`. What
 * stands behind the port counts as well, since a `#` inside a password makes an address of something else.
 */
export function checkProxies(environment: NodeJS.ProcessEnv): void {
  for (const name of variables) {
    const value = environment[name]?.trim()
    if (!value) continue
    const url = URL.parse(value.includes('://') ? value : `http://${value}`)
    const isBare = url !== null && /^\/?$/.test(url.pathname) && url.search === '' && url.hash === ''
    if (isBare && url.hostname !== '' && schemes.has(url.protocol)) continue
    throw new UsageError(
      `${name} is not the address of a proxy. Use http://host:port or socks5h://host:port; in a login write # as %23, / as %2F, @ as %40.`,
    )
  }
}

/** Without a scheme a proxy is one of http (curl(1), ENVIRONMENT); the package takes the scheme of what is asked for. */
function wasNamed(proxy: string): boolean {
  return Object.entries(process.env).some(([name, value]) => /_proxy$/i.test(name) && value === proxy)
}
