import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

/** A storage that a test answers for itself, on a free port of loopback, closed when the test ends. */
export interface Receiver {
  readonly url: string
  readonly server: Server
}

export async function openReceiver(
  answer: RequestListener,
  options: {
    /** Answers PUTs that wait for `100 Continue`; they are asked for their body when left out. */
    readonly announced?: RequestListener
    readonly tls?: { readonly key: string; readonly cert: string }
    readonly host?: string
  } = {},
): Promise<Receiver> {
  const server = options.tls ? createTlsServer(options.tls, answer) : createServer(answer)
  if (options.announced) server.on('checkContinue', options.announced)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  const { port } = server.address() as AddressInfo
  return { server, url: `${options.tls ? 'https' : 'http'}://${options.host ?? '127.0.0.1'}:${port}/object` }
}

/** Reads a request's body to its end; answers its MD5 as storage gives it, in quotes. */
export async function etagOf(request: IncomingMessage): Promise<string> {
  const md5 = createHash('md5')
  for await (const chunk of request) md5.update(chunk as Buffer)
  return `"${md5.digest('hex')}"`
}
