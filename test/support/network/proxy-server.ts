import { createServer, request as httpRequest, type IncomingMessage, type Server } from 'node:http'
import { connect, createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net'

/** A proxy's behaviour; can be changed while it runs. */
export interface ProxyManners {
  /** Required `name:password`, or null for none. */
  login: string | null
  /** Responds to every CONNECT with this status instead of a tunnel. */
  refusesWith: number | null
  /** Cuts each connection after this many bytes have been sent towards the server. */
  cutsAfterBytes: number
}

/** A real proxy on a free loopback port: absolute URLs for http, CONNECT for everything else. */
export interface TestProxy {
  readonly host: string
  readonly url: string
  readonly manners: ProxyManners
  /** Forwarded requests, oldest first: `CONNECT host:port`, `PUT http://…`. */
  readonly passed: string[]
  /** Rejected logins, decoded; an empty string if there was none. */
  readonly refused: string[]
  close(): Promise<void>
}

/** Starts a proxy; the caller must close it. */
export async function startProxy(manners: Partial<ProxyManners> = {}): Promise<TestProxy> {
  const now: ProxyManners = { login: null, refusesWith: null, cutsAfterBytes: Infinity, ...manners }
  const passed: string[] = []
  const refused: string[] = []
  const sockets = new Set<Socket>()

  function isWelcome({ headers }: IncomingMessage): boolean {
    const given = Buffer.from(headers['proxy-authorization']?.replace(/^Basic /, '') ?? '', 'base64')
    if (now.login === null || given.toString() === now.login) return true
    refused.push(given.toString())
    return false
  }

  const server = createServer((request, response) => {
    if (!isWelcome(request)) {
      request.resume()
      return void response.writeHead(407, { 'Proxy-Authenticate': 'Basic realm="test"' }).end()
    }
    passed.push(`${request.method} ${request.url}`)
    const { 'proxy-authorization': _login, 'proxy-connection': _connection, ...headers } = request.headers
    const url = new URL(request.url ?? '')
    // The unparsed rest of the URL, because re-encoding would invalidate a signed query.
    const path = (request.url ?? '').slice(url.origin.length)
    const onward = httpRequest(
      { hostname: url.hostname, port: url.port, path, method: request.method, headers },
      (answer) => answer.pipe(response.writeHead(answer.statusCode ?? 502, answer.headers)),
    )
    onward.on('error', () => response.destroy())
    onward.on('continue', () => response.writeContinue())
    cutWhenFull(request, request.socket)
    request.pipe(onward)
  })

  function cutWhenFull(from: NodeJS.ReadableStream, socket: Socket): void {
    let bytes = 0
    from.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > now.cutsAfterBytes) socket.destroy()
    })
  }

  server.on('checkContinue', (request, response) => server.emit('request', request, response))
  server.on('connect', (request: IncomingMessage, client: Socket) => {
    client.on('error', () => client.destroy())
    if (!isWelcome(request)) {
      return client.end('HTTP/1.1 407 Who are you\r\nProxy-Authenticate: Basic realm="test"\r\n\r\n')
    }
    if (now.refusesWith !== null) return client.end(`HTTP/1.1 ${now.refusesWith} No\r\n\r\n`)
    passed.push(`CONNECT ${request.url}`)
    const [host = '', port = ''] = (request.url ?? '').split(':')
    const onward = connect(Number(port), host, () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n')
      cutWhenFull(client, client)
      client.pipe(onward).pipe(client)
    })
    sockets.add(onward)
    onward.on('error', () => client.destroy())
    client.on('close', () => onward.destroy())
  })
  server.on('connection', (socket) => sockets.add(socket))
  await listen(server)
  const { port } = server.address() as AddressInfo
  const close = () => {
    for (const socket of sockets) socket.destroy()
    return new Promise<void>((resolve) => server.close(() => resolve()))
  }
  const host = `127.0.0.1:${port}`
  return { host, url: `http://${host}`, manners: now, passed, refused, close }
}

/** A real SOCKS 5 server (RFC 1928, with RFC 1929's login if required) and its forwarded targets. */
export async function startSocks(login: string | null) {
  const passed: string[] = []
  const server = createTcpServer(
    (client) => void serveSocks(client, login, passed).catch(() => client.destroy()),
  )
  await listen(server)
  return { port: (server.address() as AddressInfo).port, passed, close: () => void server.close() }
}

async function serveSocks(client: Socket, login: string | null, passed: string[]): Promise<void> {
  client.on('error', () => client.destroy())
  const next = () => new Promise<Buffer>((resolve) => client.once('data', resolve))
  const methods = (await next()).subarray(2)
  const wanted = login === null ? 0 : 2
  if (!methods.includes(wanted)) return void client.end(Buffer.from([5, 0xff]))
  client.write(Buffer.from([5, wanted]))
  if (login !== null) {
    const given = await next()
    const nameEnd = 2 + (given[1] ?? 0)
    const name = given.subarray(2, nameEnd)
    const isRight = `${name}:${given.subarray(nameEnd + 1)}` === login
    client.write(Buffer.from([1, isRight ? 0 : 1]))
    if (!isRight) return void client.end()
  }
  const asked = await next()
  const isName = asked[3] === 3
  const host = isName ? asked.subarray(5, 5 + (asked[4] ?? 0)).toString() : asked.subarray(4, 8).join('.')
  const port = asked.readUInt16BE(asked.length - 2)
  passed.push(`${host}:${port}`)
  const onward = connect(port, host, () => {
    client.write(Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]))
    client.pipe(onward).pipe(client)
  })
  onward.on('error', () => client.destroy())
  client.on('close', () => onward.destroy())
}

function listen(server: Server | ReturnType<typeof createTcpServer>): Promise<void> {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
}
