import { readFileSync } from 'node:fs'
import type { ClientRequest } from 'node:http'
import type { Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import {
  requestErrorCode,
  createRequestOpener,
} from '../../../../electron/platform/network/proxied-request.ts'
import { lookupRemote } from '../../../../electron/platform/network/storage-address.ts'
import { openPut } from '../../../../electron/transfer/put-request.ts'
import { makeAuthority } from '../../../support/network/certificates.ts'
import { openUnresponsiveListener } from '../../../support/network/unresponsive-listener.ts'
import { openSocks } from '../../../support/network/proxy.ts'
import { startTestServer } from '../../../support/network/test-server.ts'

/** The status of the response, or the code of the error. */
function resultOf(request: ClientRequest, proxy: string | null = null): Promise<number | string | undefined> {
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

const requestParts = { method: 'GET', path: '/' }

test('reaches a server with IPv4 and IPv6 addresses over a slow IPv4-only connection', async () => {
  const { port, startAccepting } = await openUnresponsiveListener()
  const both = [
    { address: '127.0.0.1', family: 4 },
    { address: '::1', family: 6 },
  ]
  const opener = createRequestOpener({
    lookup(_name, _options, found) {
      found(null, both)
      // The first packet is lost by then; the operating system repeats it after a second.
      setImmediate(startAccepting)
    },
  })
  const request = opener.open(new URL(`http://server.example:${port}`), requestParts, null)
  expect(await resultOf(request)).toBe(200)
})

test.each(['http', 'https'] as const)(
  'gives up on a proxy that accepts no connection (%s)',
  async (protocol) => {
    const { port } = await openUnresponsiveListener()
    const proxy = `http://127.0.0.1:${port}`
    const opener = createRequestOpener({ keepAlive: true, timeout: 50 }, 300)
    const request = opener.open(new URL(`${protocol}://server.example/`), requestParts, proxy)
    expect(await resultOf(request, proxy)).toBe('PROXY_UNREACHABLE')
  },
)

test('closes connections after the pool’s idle timeout, but none that waits for a response', async () => {
  const { url, server } = await startTestServer((_request, response) => {
    setTimeout(() => response.end('late'), 300)
  })
  const closed = new Promise((resolve) =>
    server.once('connection', (socket: Socket) => socket.once('close', () => resolve('closed'))),
  )
  const opener = createRequestOpener({ keepAlive: true, timeout: 50 })
  expect(await resultOf(opener.open(new URL(url), requestParts, null))).toBe(200)
  expect(await closed).toBe('closed')
})

test('gives up on a server that sends interim responses without end', async () => {
  const { url } = await startTestServer((_request, { socket }) => {
    const send = () => void socket?.write('HTTP/1.1 100 Continue\r\n\r\n'.repeat(200))
    socket?.on('drain', send)
    send()
  })
  const request = createRequestOpener({}).open(new URL(url), requestParts, null)
  expect(await resultOf(request)).toBe('RESPONSE_TOO_LONG')
})

test('keeps the connection of a PUT for a minute without use', async () => {
  const { url, server } = await startTestServer((_request, response) => void response.end())
  // Otherwise the response would name the server's own time, which is shorter.
  server.keepAliveTimeout = 0
  const request = openPut({
    ...{ url, lengthBytes: 0, signedHeaders: {}, allowsLocalAddress: true },
    ...{ expectsContinue: false, proxy: null },
  })
  const free = new Promise<Socket>((resolve) =>
    request.once('socket', (socket: Socket) => socket.once('free', () => resolve(socket))),
  )
  expect(await resultOf(request)).toBe(200)
  const socket = await free
  expect([socket.destroyed, socket.timeout]).toEqual([false, 60_000])
  socket.destroy()
})

test('waits for a response through SOCKS beyond the idle timeout', async () => {
  const { url } = await startTestServer((_request, response) => {
    setTimeout(() => response.end('late'), 300)
  })
  const socks = await openSocks()
  const proxy = `socks5h://127.0.0.1:${socks.port}`
  const opener = createRequestOpener({ keepAlive: true, timeout: 50, maxSockets: 4 })
  expect(await resultOf(opener.open(new URL(url), requestParts, proxy), proxy)).toBe(200)
})

test('sends https requests through SOCKS one after another', async () => {
  const authority = await makeAuthority()
  const tls = await authority.issue('localhost')
  const { url } = await startTestServer((_request, response) => void response.end(), {
    tls,
    host: 'localhost',
  })
  const socks = await openSocks()
  const proxy = `socks5h://127.0.0.1:${socks.port}`
  const connections = { keepAlive: true, maxSockets: 1, ca: readFileSync(authority.file) }
  const opener = createRequestOpener(connections)
  const results = [1, 2, 3].map(() => resultOf(opener.open(new URL(url), requestParts, proxy), proxy))
  expect(await Promise.all(results)).toEqual([200, 200, 200])
})

test.each(['socks4', 'socks5'])('checks names that are resolved here for a proxy (%s)', async (scheme) => {
  const { url } = await startTestServer((_request, response) => void response.end(), { host: 'localhost' })
  const socks = await openSocks()
  const proxy = `${scheme}://127.0.0.1:${socks.port}`
  const opener = createRequestOpener({ keepAlive: true, lookup: lookupRemote })
  const request = opener.open(new URL(url), requestParts, proxy)
  expect(await resultOf(request, proxy)).toMatch(/^LOCAL_ADDRESS (?:127\.|::1)/)
  expect(socks.passed).toEqual([])
})

test('waits for a tunnel beyond the idle timeout', async () => {
  const slow = await startTestServer(() => {})
  slow.server.on('connect', (_request, socket) => {
    setTimeout(() => socket.end('HTTP/1.1 403 No\r\n\r\n'), 300)
  })
  const proxy = new URL(slow.url).origin
  const opener = createRequestOpener({ keepAlive: true, timeout: 50 })
  const request = opener.open(new URL('https://server.example/'), requestParts, proxy)
  expect(await resultOf(request, proxy)).toBe('PROXY_REFUSED 403')
})
