import { afterEach, expect, test, vi } from 'vitest'
import { findProxiesOfEnvironment } from '../../../electron/command-line/proxy.ts'

afterEach(() => {
  vi.unstubAllEnvs()
})

test.each(['http://127.0.0.1:8188/api', 'http://localhost:8188', 'https://localhost', 'http://[::1]:8188'])(
  'this computer itself is reached without the environment’s proxy: %s',
  async (url) => {
    for (const name of ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY'])
      vi.stubEnv(name, 'http://proxy.example:3128')
    expect(await findProxiesOfEnvironment(url)).toEqual(['direct'])
  },
)

test('every other server is reached by the environment’s proxy', async () => {
  vi.stubEnv('HTTPS_PROXY', 'http://proxy.example:3128')
  vi.stubEnv('NO_PROXY', '')
  vi.stubEnv('no_proxy', '')
  vi.stubEnv('https_proxy', '')
  for (const url of ['https://cloud.example/api', 'https://localhost.example', 'https://127.0.0.1.example']) {
    expect(await findProxiesOfEnvironment(url)).toEqual(['http://proxy.example:3128'])
  }
})
