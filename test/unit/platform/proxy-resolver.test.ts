import { expect, test } from 'vitest'
import {
  withoutCredentials,
  withProxyFallback,
  proxyCodeIn,
  type ProxyResolver,
} from '../../../electron/platform/proxy-resolver.ts'

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

test('a direct connection is made once, whatever comes of it', async () => {
  const { run, tried, failures } = setup([null])
  expect(await run('PROXY_TROUBLE')).toBe(1)
  expect([tried, failures]).toEqual([[null], []])
})

test('a proxy that carried the request is not blamed', async () => {
  const { run, failures } = setup(['http://a:1', 'http://b:1'])
  expect(await run(null)).toBe(1)
  expect(failures).toEqual([])
})

test('a failure of the proxy is answered by the next, and the last answer counts', async () => {
  const { run, tried, failures } = setup(['http://a:1', 'http://b:1', null])
  expect(await run('PROXY_UNREACHABLE')).toBe(3)
  expect(tried).toEqual(['http://a:1', 'http://b:1', null])
  expect(failures).toEqual(['http://a:1 PROXY_UNREACHABLE', 'http://b:1 PROXY_UNREACHABLE'])
})

test('where no other way is better the first answer stands', async () => {
  const { run, tried } = setup(['http://a:1', 'http://b:1'], false)
  expect(await run('PROXY_UNREACHABLE')).toBe(1)
  expect(tried).toEqual(['http://a:1'])
})

test('no request is tried more than four times', async () => {
  const { run, failures } = setup(Array.from({ length: 9 }, (_, at) => `http://${at}:1`))
  expect(await run('PROXY_UNREACHABLE')).toBe(4)
  expect(failures).toHaveLength(3)
})

test('a proxy is shown without its login', () => {
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

test('any other code blames no proxy', () => {
  expect([proxyCodeIn('ECONNRESET'), proxyCodeIn('')]).toEqual([null, null])
})
