import { createReadStream, fstatSync, openSync } from 'node:fs'
import { Socket } from 'node:net'
import process from 'node:process'
import { Readable } from 'node:stream'
import { isatty, ReadStream } from 'node:tty'

/** Where a command reads its input: a terminal, a pipe or a file. */
export type StandardInput = NodeJS.ReadableStream & { readonly isTTY?: boolean }

let opened: StandardInput | null = null

/**
 * Standard input; everything that reads input gets it here. On Windows, Electron replaces `process.stdin` by a stream
 * that has ended and, unlike Node's, has no `fd` (lib/common/init.ts in its source).
 */
export function standardInput(): StandardInput {
  return 'fd' in process.stdin ? process.stdin : (opened ??= openInput())
}

/** The stream that Node would create, or the console. */
function openInput(): StandardInput {
  const ended = Readable.from([])
  try {
    if (isatty(0)) return new ReadStream(0)
    const stats = fstatSync(0)
    if (stats.isFIFO() || stats.isSocket()) return new Socket({ fd: 0, readable: true, writable: false })
    if (stats.isFile()) return createReadStream('', { fd: 0, autoClose: false })
    // A program with windows gets no input from the console that it is started in, but Electron connects its output
    // to it. So if messages are shown there, it can be asked too.
    const isConsole = process.platform === 'win32' && process.stderr.isTTY
    return isConsole ? new ReadStream(openSync('\\\\.\\CONIN$', 'r+')) : ended
  } catch {
    return ended
  }
}
