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
}

export function createTextStream(terminal: TerminalStream): TextStream {
  return {
    line: (text) => void terminal.write(`${visibleText(text)}\n`),
    json: (value) => void terminal.write(`${asJsonLine(value)}\n`),
    terminal,
  }
}

/** `JSON.stringify` escapes only the control characters up to U+001F. */
const unescaped = /[\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g

function asJsonLine(value: unknown): string {
  const escape = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  return JSON.stringify(value).replace(unescaped, escape)
}
