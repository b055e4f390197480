import type { ClientRequest } from 'node:http'
import { expect, onTestFinished, test } from 'vitest'
import { requestErrorCode, createRequestOpener } from '../../../electron/platform/proxied-request.ts'
import { openDeafListener } from '../../support/silent-server.ts'
import { openSocks } from '../../support/proxy.ts'
import { openReceiver } from '../../support/receiver.ts'

/** What a request came to: its status, or the code of its trouble. */
function endOf(request: ClientRequest, proxy: string | null = null): Promise<number | string | undefined> {
  onTestFinished(() => void request.destroy())
  return new Promise((resolve) => {
    request.on('error', (error) => resolve(requestErrorCode(error, proxy)))
    request.on('response', (response) => {
      response.resume().on('error', (error) => resolve(requestErrorCode(error, proxy)))
      response.on('end', () => resolve(response.statusCode))
    })
    request.end()
  })
}

const asked = { method: 'GET', path: '/' }

test('a server with addresses of both families is reached on a line for one of them, however slow', async () => {
  const { port, hear } = await openDeafListener()
  const both = [
    { address: '127.0.0.1', family: 4 },
    { address: '::1', family: 6 },
  ]
  const opener = createRequestOpener({
    lookup(_name, _options, found) {
      found(null, both)
      // Its first packet is lost by then; the system sends it again after a second.
      setImmediate(hear)
    },
  })
  const request = opener.open(new URL(`http://server.example:${port}`), asked, null)
  expect(await endOf(request)).toBe(200)
})

test.each(['http', 'https'] as const)(
  'a proxy that swallows what is sent to it is not there after a while (%s)',
  async (protocol) => {
    const { port } = await openDeafListener()
    const proxy = `http://127.0.0.1:${port}`
    const opener = createRequestOpener({ keepAlive: true, timeout: 50 }, 300)
    const request = opener.open(new URL(`${protocol}://server.example/`), asked, proxy)
    expect(await endOf(request, proxy)).toBe('PROXY_UNREACHABLE')
  },
)

test('a call by SOCKS that is silent for longer than connections are kept idle gets its answer', async () => {
  const { url } = await openReceiver((_request, response) => {
    setTimeout(() => response.end('late'), 300)
  })
  const socks = await openSocks()
  const proxy = `socks5h://127.0.0.1:${socks.port}`
  const opener = createRequestOpener({ keepAlive: true, timeout: 50, maxSockets: 4 })
  expect(await endOf(opener.open(new URL(url), asked, proxy), proxy)).toBe(200)
})

test('a tunnel that takes longer than connections are kept idle is waited for', async () => {
  const slow = await openReceiver(() => {})
  slow.server.on('connect', (_request, socket) => {
    setTimeout(() => socket.end('HTTP/1.1 403 No\r\n\r\n'), 300)
  })
  const proxy = new URL(slow.url).origin
  const opener = createRequestOpener({ keepAlive: true, timeout: 50 })
  const request = opener.open(new URL('https://server.example/'), asked, proxy)
  expect(await endOf(request, proxy)).toBe('PROXY_REFUSED 403')
})
