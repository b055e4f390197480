import { expect, test } from 'vitest'
import {
  withoutCredentials,
  withProxyFallback,
  proxyCodeIn,
  type ProxyResolver,
} from '../../../../electron/platform/network/proxy-resolver.ts'

const url = 'https://core.example/'

/** Proxies that are tried in this order; `failed` always finds another one. */
function setup(routes: readonly (string | null)[], isBetter = true) {
  const failures: string[] = []
  const tried: (string | null)[] = []
  const proxies: ProxyResolver = {
    resolve: async () => routes[tried.length] ?? null,
    async reportFailure(proxy, code) {
      failures.push(`${proxy} ${code}`)
      return isBetter
    },
  }
  const run = (proxyCode: string | null) =>
    withProxyFallback(proxies, url, async (proxy) => {
      tried.push(proxy)
      return { answer: tried.length, proxyCode }
    })
  return { run, tried, failures }
}

test('tries the next proxy after a failure, and returns the last result', async () => {
  const { run, tried, failures } = setup(['http://a:1', 'http://b:1', null])
  expect(await run('PROXY_UNREACHABLE')).toBe(3)
  expect(tried).toEqual(['http://a:1', 'http://b:1', null])
  expect(failures).toEqual(['http://a:1 PROXY_UNREACHABLE', 'http://b:1 PROXY_UNREACHABLE'])
})

test('removes the login from a proxy’s URL', () => {
  expect([
    withoutCredentials('http://ann:secret@proxy.example:3128'),
    withoutCredentials('no address'),
  ]).toEqual([...['http://proxy.example:3128', '']])
})

test.each(['PROXY_SIGN_IN', 'PROXY_TROUBLE', 'PROXY_UNREACHABLE', 'PROXY_REFUSED 403'])(
  '%s blames the proxy',
  (code) => {
    expect(proxyCodeIn(code)).toBe(code)
  },
)
