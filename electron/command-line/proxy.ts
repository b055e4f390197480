import process from 'node:process'
import { getProxyForUrl } from 'proxy-from-env'
import { isLoopback } from '../contract/server-address.ts'
import type { FindProxies } from '../contract/ways.ts'

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

/** Without a scheme a proxy is one of http (curl(1), ENVIRONMENT); the package takes the scheme of what is asked for. */
function wasNamed(proxy: string): boolean {
  return Object.entries(process.env).some(([name, value]) => /_proxy$/i.test(name) && value === proxy)
}
