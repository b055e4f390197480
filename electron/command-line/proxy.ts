import process from 'node:process'
import { getProxyForUrl } from 'proxy-from-env'
import type { FindProxies } from '../contract/ways.ts'

/** The proxies that HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY name, in capitals or not, as curl reads them. */
export const findProxiesOfEnvironment: FindProxies = async (url) => {
  const { protocol, host } = new URL(url)
  const proxy = getProxyForUrl(`${protocol}//${host}`)
  if (proxy === '') return ['direct']
  return [wasNamed(proxy) ? proxy : proxy.replace(/^https?:/, 'http:')]
}

/** Without a scheme a proxy is one of http (curl(1), ENVIRONMENT); the package takes the scheme of what is asked for. */
function wasNamed(proxy: string): boolean {
  return Object.entries(process.env).some(([name, value]) => /_proxy$/i.test(name) && value === proxy)
}
