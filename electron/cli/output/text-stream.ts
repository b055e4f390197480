import { visibleText } from '../../contract/visible-text.ts'
import type { TerminalStream } from './live-lines.ts'

/** Where a command writes its results or messages: names and texts of a server can't control the terminal. */
export interface TextStream {
  /** Writes one line. Control characters, line breaks and marks that reorder it become visible. */
  line(text: string): void
  /** Writes a value as one line of JSON. Such characters are escaped, so that the value stays the same. */
  json(value: unknown): void
  /** For lines that are redrawn in place. */
  readonly terminal: TerminalStream
  /** Why something could not be written: the first error. */
  readonly error: NodeJS.ErrnoException | null
  /** Resolves once everything is written: the end of the process drops what a pipe couldn't take yet. */
  flush(): Promise<void>
}

export function createTextStream(terminal: TerminalStream): TextStream {
  let first: NodeJS.ErrnoException | null = null
  // Without a listener, the end of a pipe's reader (`| head`) would end the process and its uploads.
  terminal.on?.('error', (error) => (first ??= error))
  return {
    line: (text) => void terminal.write(`${visibleText(text)}\n`),
    json: (value) => void terminal.write(`${asJsonLine(value)}\n`),
    terminal,
    get error() {
      return first
    },
    flush: () => new Promise((resolve) => void terminal.write('', resolve)),
  }
}

/** `JSON.stringify` escapes only the control characters up to U+001F. */
const unescaped = /[\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g

function asJsonLine(value: unknown): string {
  const escape = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  return JSON.stringify(value).replace(unescaped, escape)
}
