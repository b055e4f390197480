import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { request } from 'node:http'
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'

/** Opcodes of RFC 6455, section 5.2. */
const opcodes = { continuation: 0, text: 1, close: 8, ping: 9, pong: 10 }

/**
 * A WebSocket client for text messages (RFC 6455). Node's own one negotiates compression, with which main and
 * browser took about a seventh more CPU time in short e2e tests.
 */
export class TextSocket {
  onMessage: (text: string) => void = () => undefined
  onClose: () => void = () => undefined
  readonly #socket: Socket
  #received: Buffer[] = []
  #receivedBytes = 0
  /** A message of megabytes arrives in many pieces, which are joined only once. */
  #neededBytes = 0
  /** The frames so far of a message that is sent in several. */
  readonly #fragments: Buffer[] = []

  private constructor(socket: Socket) {
    this.#socket = socket.setNoDelay()
    socket.on('data', (bytes: Buffer) => this.#read(bytes))
    socket.on('error', () => undefined).on('close', () => this.onClose())
  }

  /** @throws if nothing listens at the address, or if it is no WebSocket */
  static async open(url: string): Promise<TextSocket> {
    const headers = {
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
      'Sec-WebSocket-Version': 13,
    }
    const asked = request(url.replace(/^ws:/, 'http:'), { headers }).end()
    asked.on('response', ({ statusCode }) => asked.destroy(new Error(`status ${statusCode} from ${url}`)))
    const [, socket] = (await once(asked, 'upgrade')) as [IncomingMessage, Socket]
    return new TextSocket(socket)
  }

  send(text: string): void {
    this.#write(opcodes.text, Buffer.from(text))
  }

  /** A client has to mask its frames; a mask of zeros changes nothing. */
  #write(opcode: number, payload: Buffer): void {
    const head = [0x80 | opcode, ...lengthBytes(payload.length), ...noMask]
    head[1] = 0x80 | (head[1] ?? 0)
    this.#socket.cork()
    this.#socket.write(Buffer.from(head))
    this.#socket.write(payload)
    this.#socket.uncork()
  }

  #read(bytes: Buffer): void {
    this.#received.push(bytes)
    this.#receivedBytes += bytes.length
    if (this.#receivedBytes < this.#neededBytes) return
    let rest = this.#received.length === 1 ? bytes : Buffer.concat(this.#received)
    for (;;) {
      const frame = frameAtStart(rest)
      this.#neededBytes = frame.endsAt
      if (frame.endsAt > rest.length) break
      this.#receive(frame)
      rest = rest.subarray(frame.endsAt)
    }
    this.#received = [rest]
    this.#receivedBytes = rest.length
  }

  #receive({ isLast, opcode, payload }: Frame): void {
    if (opcode === opcodes.ping) this.#write(opcodes.pong, payload)
    else if (opcode === opcodes.close) this.#socket.end()
    else if (opcode === opcodes.text || opcode === opcodes.continuation) {
      this.#fragments.push(payload)
      if (!isLast) return
      const message = Buffer.concat(this.#fragments.splice(0))
      this.onMessage(message.toString())
    }
  }
}

interface Frame {
  readonly isLast: boolean
  readonly opcode: number
  readonly payload: Buffer
  readonly endsAt: number
}

const noMask = [0, 0, 0, 0]

/** The length of a frame's payload: one byte, or a mark and two or eight bytes. */
function lengthBytes(length: number): Buffer {
  if (length < 126) return Buffer.from([length])
  const bytes = Buffer.alloc(length < 65_536 ? 3 : 9)
  bytes[0] = length < 65_536 ? 126 : 127
  if (length < 65_536) bytes.writeUInt16BE(length, 1)
  else bytes.writeBigUInt64BE(BigInt(length), 1)
  return bytes
}

/** The first frame, which a server does not mask. While it is incomplete, only `endsAt` counts: it is too far. */
function frameAtStart(bytes: Buffer): Frame {
  const [first = 0, second = 0] = bytes
  const { startsAt, length } = payloadOf(bytes, second & 0x7f)
  const endsAt = startsAt + length
  const payload = bytes.subarray(startsAt, endsAt)
  return { isLast: (first & 0x80) !== 0, opcode: first & 0x0f, payload, endsAt }
}

function payloadOf(bytes: Buffer, size: number): { readonly startsAt: number; readonly length: number } {
  if (size < 126) return { startsAt: 2, length: size }
  const startsAt = size === 126 ? 4 : 10
  if (bytes.length < startsAt) return { startsAt, length: 0 }
  return { startsAt, length: size === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2)) }
}
