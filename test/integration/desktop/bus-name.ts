import { once } from 'node:events'
import { createConnection, type Socket } from 'node:net'
import process from 'node:process'

// As much of the D-Bus wire format (dbus.freedesktop.org/doc/dbus-specification.html) as it takes to own a name.

const align = (bytes: Buffer, size: number) =>
  Buffer.concat([bytes, Buffer.alloc(-bytes.length & (size - 1))])

function word(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}

const text = (value: string) => Buffer.concat([word(Buffer.byteLength(value)), Buffer.from(`${value}\0`)])

/** A header field: its code, the signature of its value, the value. */
function field(code: number, signature: 's' | 'o' | 'g', value: string): Buffer {
  const start = Buffer.from([code, 1, signature.charCodeAt(0), 0])
  return Buffer.concat([
    start,
    signature === 'g' ? Buffer.from([value.length, ...Buffer.from(value), 0]) : text(value),
  ])
}

/** A call of the bus itself. */
function busCall(serial: number, member: string, signature: string, body: Buffer): Buffer {
  const fields = [
    field(1, 'o', '/org/freedesktop/DBus'),
    field(2, 's', 'org.freedesktop.DBus'),
    field(3, 's', member),
    field(6, 's', 'org.freedesktop.DBus'),
    ...(signature === '' ? [] : [field(8, 'g', signature)]),
  ]
  const array = fields.reduce((all, next) => Buffer.concat([align(all, 8), next]), Buffer.alloc(0))
  // Little-endian, a method call, no flags, version 1.
  const head = Buffer.concat([Buffer.from(['l'.charCodeAt(0), 1, 0, 1]), word(body.length), word(serial)])
  return Buffer.concat([align(Buffer.concat([head, word(array.length), array]), 8), body])
}

/** Owns a name on the session bus for as long as the socket that it answers is open. */
export async function ownBusName(name: string): Promise<Socket> {
  const address = process.env['DBUS_SESSION_BUS_ADDRESS'] ?? ''
  const [, kind, path = ''] = /unix:(path|abstract)=([^,;]+)/.exec(address) ?? []
  const socket = createConnection(kind === 'abstract' ? `\0${path}` : path)
  await once(socket, 'connect')
  socket.write(`\0AUTH EXTERNAL ${Buffer.from(String(process.getuid?.())).toString('hex')}\r\n`)
  await once(socket, 'data')
  socket.write('BEGIN\r\n')
  socket.write(busCall(1, 'Hello', '', Buffer.alloc(0)))
  await once(socket, 'data')
  socket.write(busCall(2, 'RequestName', 'su', Buffer.concat([align(text(name), 4), word(0)])))
  await once(socket, 'data')
  return socket
}
