import { EventEmitter, once } from 'node:events'
import { WebSocket } from 'ws'

export type Answer = Record<string, unknown>

interface Waiting {
  readonly method: string
  readonly resolve: (answer: Answer) => void
  readonly reject: (error: Error) => void
}

interface Message {
  readonly id?: number
  readonly sessionId?: string
  readonly method?: string
  readonly params?: Answer
  readonly result?: Answer
  readonly error?: { readonly message: string }
}

/**
 * A target of the browser, or the browser itself. Emits events of the DevTools protocol under their own
 * names.
 */
export class Session extends EventEmitter {
  readonly connection: Connection
  readonly id: string | undefined

  constructor(connection: Connection, id: string | undefined) {
    super()
    this.connection = connection
    this.id = id
    this.setMaxListeners(0)
  }

  /** @throws the browser's error, with the method's name */
  send<T extends object = Answer>(method: string, params: object = {}): Promise<T> {
    return this.connection.send(this.id, method, params) as Promise<T>
  }
}

/** A client of the DevTools protocol, with one socket to the browser and flat sessions. */
export class Connection {
  readonly root: Session
  closed = false
  private readonly socket: WebSocket
  private lastId = 0
  private readonly waiting = new Map<number, Waiting>()
  private readonly sessions = new Map<string, Session>()

  constructor(socket: WebSocket) {
    this.socket = socket
    this.root = new Session(this, undefined)
    socket.on('message', (data: Buffer) => this.receive(JSON.parse(data.toString()) as Message))
    socket.on('close', (code: number) => this.end(code))
    // `close` follows.
    socket.on('error', () => undefined)
  }

  /**
   * Without compression, which Node's own client negotiates: main and browser took about a seventh more CPU time in
   * short e2e tests.
   * @throws if the browser cannot be reached
   */
  static async open(url: string): Promise<Connection> {
    const socket = new WebSocket(url, { perMessageDeflate: false })
    await once(socket, 'open')
    return new Connection(socket)
  }

  session(id: string): Session {
    const known = this.sessions.get(id) ?? new Session(this, id)
    this.sessions.set(id, known)
    return known
  }

  send(sessionId: string | undefined, method: string, params: object): Promise<Answer> {
    if (this.closed) return Promise.reject(new Error(`${method}: browser is gone`))
    const id = ++this.lastId
    this.socket.send(JSON.stringify({ id, method, params, sessionId }))
    return new Promise((resolve, reject) => this.waiting.set(id, { method, resolve, reject }))
  }

  private receive(message: Message): void {
    if (message.id === undefined) {
      const session = message.sessionId === undefined ? this.root : this.sessions.get(message.sessionId)
      session?.emit(message.method ?? '', message.params)
      return
    }
    const asked = this.waiting.get(message.id)
    this.waiting.delete(message.id)
    if (message.error) asked?.reject(new Error(`${asked.method}: ${message.error.message}`))
    else asked?.resolve(message.result ?? {})
  }

  /** @param code of the WebSocket protocol (RFC 6455, 7.4); 1006 without a closing frame, as after a crash */
  private end(code: number): void {
    this.closed = true
    for (const { method, reject } of this.waiting.values()) reject(new Error(`${method}: browser is gone`))
    this.waiting.clear()
    this.root.emit('disconnected', code)
  }
}
