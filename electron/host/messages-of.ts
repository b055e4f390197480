import type { Socket } from 'node:net'

/**
 * Writes a message; `messagesOf` reads it on the other side.
 * @param whenWritten called once the other side has room for it, or the connection has ended
 */
export function sendMessage(socket: Socket, message: object, whenWritten: () => void = () => {}): void {
  if (socket.writable) socket.write(`${JSON.stringify(message)}\n`, whenWritten)
  else whenWritten()
}

/**
 * The messages that arrive on a socket, each a line of JSON. They end with the connection, or with a line that is
 * longer than `maxLength` characters or no JSON. Leaving the loop ends the connection.
 */
export async function* messagesOf(socket: Socket, maxLength: number): AsyncGenerator<unknown, undefined> {
  socket.setEncoding('utf8')
  let chunks: string[] = []
  let length = 0
  try {
    for await (const text of socket as AsyncIterable<string>) {
      const lines = text.split('\n')
      const rest = lines.pop() ?? ''
      for (const line of lines) {
        const whole = chunks.join('') + line
        chunks = []
        length = 0
        if (whole.length > maxLength) return undefined
        yield JSON.parse(whole) as unknown
      }
      chunks.push(rest)
      length += rest.length
      if (length > maxLength) return undefined
    }
  } catch {
    // The connection was reset, or a line was no JSON.
  }
  return undefined
}
