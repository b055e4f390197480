import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { AnsweredByFault, ConnectionCut, pace, readBody, untilGone } from './exchange.ts'
import type { Answer, Exchange, Handler } from './exchange.ts'
import type { FaultRule, Faults } from './faults.ts'
import { authorizationKind } from './operations.ts'
import type { Operation, OperationLog } from './operations.ts'

export type ServeOptions = {
  readonly kind: Operation['kind']
  readonly handle: Handler
  nameOf(method: string, url: URL): string
  /** An error response in this server's format. */
  refuse(status: number, message: string): Answer
  readonly log: OperationLog
  readonly faults: Faults
  /** Milliseconds since 1970. */
  now(): number
  readonly port?: number
}

export type Serving = {
  readonly origin: string
  /** Cuts all connections and refuses new ones; the returned function listens on the same port again. */
  unplug(): Promise<() => Promise<void>>
  close(): Promise<void>
}

/**
 * Listens on loopback (by default on a free port), responds with `handle`, logs operations and applies
 * faults.
 */
export async function serve(options: ServeOptions): Promise<Serving> {
  const server = createServer()
  const pending = new Set<Promise<void>>()
  const accept = (request: IncomingMessage, response: ServerResponse, waits: boolean) => {
    const work = answerOne(options, request, response, waits)
    pending.add(work)
    void work.finally(() => pending.delete(work))
  }
  server.on('request', (request, response) => accept(request, response, false))
  server.on('checkContinue', (request, response) => accept(request, response, true))
  // Uploading a model takes longer than Node's default limit of five minutes per request.
  server.requestTimeout = 0
  server.keepAliveTimeout = 30_000
  await listen(server, options.port ?? 0)
  const { port } = server.address() as AddressInfo
  return {
    origin: `http://127.0.0.1:${port}`,
    async unplug() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
      return () => listenAgain(server, port)
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve))
      options.faults.releaseAll()
      server.closeAllConnections()
      await closed
      await Promise.all(pending)
    },
  }
}

async function listen(server: Server, port: number): Promise<void> {
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
}

/** Tries for half a minute: meanwhile another process may have taken the port, for example for a connection. */
async function listenAgain(server: Server, port: number): Promise<void> {
  for (let attemptsLeft = 600; ; attemptsLeft -= 1) {
    try {
      return await listen(server, port)
    } catch (error) {
      if (attemptsLeft === 0 || (error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
      await setTimeout(50)
    }
  }
}

async function answerOne(
  options: ServeOptions,
  request: IncomingMessage,
  response: ServerResponse,
  waits: boolean,
): Promise<void> {
  const { log, faults } = options
  const operation = operationOf(options, request)
  log.begin(operation)
  const closed = new AbortController()
  response.once('close', () => closed.abort())
  const gates = faults.gates(operation)
  let status = 0
  try {
    for (const gate of gates) if (gate.moment === 'arrival') await gate.stop(operation)
    const fault = faults.take(operation)
    const cleared = faults.cleared()
    const refusal = () => refusalOf(options, fault)
    const exchange: Exchange & { asked: boolean } = {
      request,
      url: urlOf(request),
      operation,
      asked: false,
      expectsContinue: waits,
      wantsExpiredUrls: fault?.how === 'expired-url',
      gone: closed.signal,
      body() {
        exchange.asked = true
        if (waits) response.writeContinue()
        return readBody({ request, operation, gone: closed.signal, fault, gates, cleared, refusal })
      },
    }
    const answer = await work(options, exchange, { fault, refusal, cleared })
    for (const gate of gates) if (gate.moment === 'answer') await gate.stop(operation)
    if (fault?.how === 'lose-answer' || closed.signal.aborted) throw new ConnectionCut('answer lost')
    // Without its body, a waiting request cannot be separated from the next one on the same connection.
    if (waits && !exchange.asked) response.setHeader('connection', 'close')
    const slow = fault?.how === 'slow' && operation.bytes === 0 ? fault.bytesPerSecond : undefined
    response.setHeader('date', new Date(options.now()).toUTCString())
    await send(response, answer, closed.signal, { half: fault?.how === 'half-json', bytesPerSecond: slow })
    status = answer.status
  } catch (error) {
    if (error instanceof ConnectionCut || response.headersSent) request.socket.destroy()
    else {
      status = 500
      await send(response, options.refuse(500, 'internal error'), closed.signal)
    }
    if (!(error instanceof ConnectionCut)) console.error('The local cloud failed:', error)
  } finally {
    log.end(operation, status, options.now())
  }
}

async function work(
  options: ServeOptions,
  exchange: Exchange,
  {
    fault,
    refusal,
    cleared,
  }: {
    readonly fault: FaultRule | undefined
    readonly refusal: () => Answer
    readonly cleared: Promise<void>
  },
): Promise<Answer> {
  const how = fault?.how
  try {
    if (fault && fault.after === undefined) {
      if (how === 'stall') await Promise.race([untilGone(exchange.gone), cleared])
      if (how === 'cut' || how === 'stall') throw new ConnectionCut('cut by a fault')
      if (typeof how === 'number' || typeof how === 'object' || how === 'html') return refusal()
      if (how === 'echo' || how === 'echo-html') return await echo(options, exchange, fault)
      if (how === 'expired-url' && exchange.operation.kind === 'storage') return refusal()
    }
    return spoilt(await options.handle(exchange), how)
  } catch (error) {
    if (error instanceof AnsweredByFault) return error.answer
    throw error
  }
}

/** A refusal that repeats the secrets of the request, each alone in a sentence and then as they were sent. */
async function echo(
  options: ServeOptions,
  exchange: Exchange,
  { how, status = 400 }: FaultRule,
): Promise<Answer> {
  const { request, url, operation } = exchange
  const { authorization = '' } = request.headers
  const sent: Uint8Array[] = []
  if (operation.kind === 'api') for await (const chunk of exchange.body()) sent.push(chunk)
  const signature = url.searchParams.get('X-Amz-Signature')
  const credential = url.searchParams.get('X-Amz-Credential')
  const message = [
    ...(authorization === '' ? [] : [`the key is ${authorization.split(' ')[1]}`, authorization]),
    ...(signature === null ? [] : [`the signature is ${signature} of ${credential}`, url.search]),
    Buffer.concat(sent).toString(),
  ].join(' ')
  if (how === 'echo') return options.refuse(status, message)
  return { status, headers: { 'content-type': 'text/html' }, body: `<html><body>${message}</body></html>` }
}

/** The response of a performed operation, altered by the fault. */
function spoilt(answer: Answer, how: FaultRule['how'] | undefined): Answer {
  if (how === 'no-etag') {
    const others = Object.entries(answer.headers ?? {}).filter(([name]) => name !== 'etag')
    return { ...answer, headers: Object.fromEntries(others) }
  }
  if (how === 'wrong-etag') return { ...answer, headers: { ...answer.headers, etag: `"${'0'.repeat(32)}"` } }
  // RFC 6761 reserves `invalid`, so it never resolves.
  if (how === 'nowhere-url' && typeof answer.body === 'string')
    return { ...answer, body: answer.body.replace(/(?<=http:\/\/)127\.0\.0\.1/, 'storage.invalid') }
  return answer
}

function refusalOf(options: ServeOptions, fault: FaultRule | undefined): Answer {
  if (typeof fault?.how === 'object') return fault.how
  if (fault?.how === 'html') {
    const body = '<html><head><title>Gateway</title></head><body><h1>Something went wrong</h1></body></html>'
    return { status: fault.status ?? 502, headers: { 'content-type': 'text/html' }, body }
  }
  if (fault?.how === 'expired-url') return options.refuse(403, 'Request has expired')
  const status = typeof fault?.how === 'number' ? fault.how : 500
  const answer = options.refuse(status, `status ${status}, as asked for by a test`)
  if (fault?.retryAfterSeconds === undefined) return answer
  return { ...answer, headers: { ...answer.headers, 'retry-after': String(fault.retryAfterSeconds) } }
}

async function send(
  response: ServerResponse,
  answer: Answer,
  gone: AbortSignal,
  {
    half = false,
    bytesPerSecond,
  }: { readonly half?: boolean; readonly bytesPerSecond?: number | undefined } = {},
): Promise<void> {
  const { body = '' } = answer
  const head: Record<string, string | string[]> = {}
  for (const [name, value] of Object.entries(answer.headers ?? {})) {
    head[name] = typeof value === 'string' ? value : [...value]
  }
  if (typeof body === 'string' || Buffer.isBuffer(body)) {
    const whole = Buffer.from(body)
    const bytes = half ? whole.subarray(0, Math.floor(whole.length / 2)) : whole
    // A HEAD response states the length of a body that is not sent; a 204 has neither.
    if (head['content-length'] === undefined && answer.status !== 204)
      head['content-length'] = String(bytes.length)
    response.writeHead(answer.status, head)
    if (bytesPerSecond !== undefined) {
      response.flushHeaders()
      for (const byte of bytes) {
        await pace(1, bytesPerSecond, gone)
        response.write(Buffer.of(byte))
      }
      response.end()
    } else response.end(bytes)
  } else {
    response.writeHead(answer.status, head)
    const abandoned = untilGone(gone)
    abandoned.catch(() => undefined)
    for await (const chunk of body) {
      if (response.write(chunk)) continue
      await Promise.race([new Promise((resolve) => response.once('drain', resolve)), abandoned])
    }
    response.end()
  }
}

function urlOf(request: IncomingMessage): URL {
  return new URL('http://cloud.invalid' + (request.url ?? '/'))
}

function operationOf(options: ServeOptions, request: IncomingMessage): Operation {
  const url = urlOf(request)
  const method = request.method ?? 'GET'
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(request.headers)) headers[name] = String(value)
  if (headers['authorization'] !== undefined) {
    headers['authorization'] = authorizationKind(headers['authorization'])
  }
  const part = url.searchParams.get('partNumber')
  return {
    kind: options.kind,
    name: options.nameOf(method, url),
    method,
    path: url.pathname,
    ...(part === null ? {} : { partNumber: Number(part) }),
    headers,
    at: options.now(),
    bytes: 0,
    status: 0,
    ended: false,
    endedAt: 0,
  }
}
