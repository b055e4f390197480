import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

/** An HTTP server with a test's own listener, on a free local port, closed when the test ends. */
export interface TestServer {
  readonly url: string
  readonly server: Server
}

export async function startTestServer(
  listener: RequestListener,
  options: {
    /** Handles requests with `Expect: 100-continue`; without it they are asked for their body. */
    readonly onExpectContinue?: RequestListener
    readonly tls?: { readonly key: string; readonly cert: string }
    readonly host?: string
  } = {},
): Promise<TestServer> {
  const server = options.tls ? createTlsServer(options.tls, listener) : createServer(listener)
  if (options.onExpectContinue) server.on('checkContinue', options.onExpectContinue)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  const { port } = server.address() as AddressInfo
  return { server, url: `${options.tls ? 'https' : 'http'}://${options.host ?? '127.0.0.1'}:${port}/object` }
}

/** Reads a request's body to its end; returns its MD5 in quotes, as storage does. */
export async function etagOf(request: IncomingMessage): Promise<string> {
  const md5 = createHash('md5')
  for await (const chunk of request) md5.update(chunk as Buffer)
  return `"${md5.digest('hex')}"`
}
