import { afterEach, expect, test, vi } from 'vitest'
import { UsageError } from '../../../electron/cli/arguments.ts'
import { checkProxies, findProxiesOfEnvironment } from '../../../electron/cli/proxy.ts'

afterEach(() => {
  vi.unstubAllEnvs()
})

test.each(['http://127.0.0.1:8188/api', 'http://localhost:8188', 'https://localhost', 'http://[::1]:8188'])(
  'uses no proxy for %s on this computer',
  async (url) => {
    for (const name of ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY'])
      vi.stubEnv(name, 'http://proxy.example:3128')
    expect(await findProxiesOfEnvironment(url)).toEqual(['direct'])
  },
)

test.each([
  ['proxy.example:3128', 'http://proxy.example:3128'],
  ['http://proxy.example:3128', 'http://proxy.example:3128'],
  ['https://proxy.example:3128', 'https://proxy.example:3128'],
  ['socks5h://proxy.example:1080', 'socks5h://proxy.example:1080'],
])('the proxy %s of the environment is used as %s', async (value, proxy) => {
  for (const name of ['NO_PROXY', 'no_proxy', 'https_proxy', 'all_proxy', 'ALL_PROXY']) vi.stubEnv(name, '')
  vi.stubEnv('HTTPS_PROXY', value)
  expect(await findProxiesOfEnvironment('https://cloud.example/api')).toEqual([proxy])
})

test.each([
  ['HTTPS_PROXY', 'http://proxy:8080/path'],
  ['HTTPS_PROXY', 'http://proxy:8080?x'],
  ['HTTPS_PROXY', 'http://proxy:8080#x'],
  ['HTTPS_PROXY', 'http://user:p#ss@proxy:8080'],
  ['http_proxy', 'http://user:12#ss@proxy:8080'],
  ['ALL_PROXY', 'user:p/ss@proxy:8080'],
  ['all_proxy', 'ftp://user:pass@proxy:21'],
  ['HTTP_PROXY', 'http://'],
])('rejects an invalid proxy in %s without repeating its value', (name, value) => {
  const check = () => checkProxies({ [name]: value })
  expect(check).toThrow(UsageError)
  expect(check).toThrow(new RegExp(`^${name} is not a valid proxy address`))
  expect(check).not.toThrow(/p#ss|12#ss|p\/ss|user:pass/)
})
