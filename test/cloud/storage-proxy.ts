import { Agent as HttpAgent, request as httpRequest } from 'node:http'
import type { ClientRequest, IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { ConnectionCut } from './exchange.ts'
import type { Answer, Exchange, Handler } from './exchange.ts'

export type StorageProxy = { readonly handle: Handler; close(): void }

/**
 * Forwards requests to a real S3 server to log them and apply faults. Only the Host header is changed, to the
 * one the URL was signed for, so that signatures remain valid.
 */
export function openStorageProxy(endpoint: string): StorageProxy {
  const target = new URL(endpoint)
  const secure = target.protocol === 'https:'
  const agent = secure ? new HttpsAgent({ keepAlive: true }) : new HttpAgent({ keepAlive: true })
  const open = secure ? httpsRequest : httpRequest

  return {
    close: () => agent.destroy(),
    async handle(exchange) {
      const { request } = exchange
      const upstream = open(target, {
        agent,
        method: request.method,
        path: request.url,
        headers: headersFor(request, target.host),
      })
      const answered = new Promise<IncomingMessage>((resolve, reject) => {
        upstream.once('response', resolve)
        upstream.once('error', (error) =>
          reject(new ConnectionCut('storage cut the connection', { cause: error })),
        )
      })
      exchange.gone.addEventListener('abort', () => upstream.destroy(), { once: true })
      try {
        await pass(exchange, upstream, answered)
      } catch (error) {
        answered.catch(() => undefined)
        upstream.destroy()
        throw error
      }
      return answerOf(await answered, request.method === 'HEAD')
    },
  }
}

/** Forwards the body until storage has responded, which may happen early. */
async function pass(
  exchange: Exchange,
  upstream: ClientRequest,
  answered: Promise<IncomingMessage>,
): Promise<void> {
  let over = false
  const done = answered.then(
    () => (over = true),
    () => (over = true),
  )
  if (exchange.expectsContinue) {
    upstream.flushHeaders()
    await Promise.race([new Promise((resolve) => upstream.once('continue', resolve)), done])
  }
  if (over) return
  for await (const chunk of exchange.body()) {
    if (over) return
    if (upstream.write(chunk)) continue
    await Promise.race([new Promise((resolve) => upstream.once('drain', resolve)), done])
  }
  upstream.end()
}

function headersFor(request: IncomingMessage, host: string): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {}
  for (const [name, value] of Object.entries(request.headersDistinct)) {
    if (name === 'connection' || value === undefined) continue
    const [first = '', ...others] = value
    headers[name] = others.length === 0 ? first : value
  }
  headers['host'] = host
  return headers
}

function answerOf(response: IncomingMessage, isHead: boolean): Answer {
  const headers: Record<string, string | string[]> = {}
  for (const [name, value] of Object.entries(response.headers)) {
    if (name === 'connection' || name === 'keep-alive' || name === 'transfer-encoding') continue
    if (value !== undefined) headers[name] = value
  }
  const status = response.statusCode ?? 502
  if (!isHead) return { status, headers, body: response }
  response.resume()
  return { status, headers }
}
