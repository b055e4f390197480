import { fitText } from './terminal-text.ts'

/** An output stream that may be a terminal. */
export interface TerminalStream {
  write(text: string): unknown
  readonly isTTY?: boolean
  readonly columns?: number
}

/** Lines at the bottom of a terminal that are redrawn in place. */
export interface LiveLines {
  show(lines: readonly string[]): void
  clear(): void
}

const clearToEnd = '\u001b[0J'
const up = (lines: number) => (lines > 0 ? `\u001b[${lines}A` : '')

/** Width in columns of a terminal that does not report it. */
const defaultColumns = 80

/** Usable columns of a line; the last one stays free, since a full line would wrap. */
export const lineWidth = (stream: TerminalStream) => (stream.columns || defaultColumns) - 1

/** Writes nothing when the stream is not a terminal. */
export function createLiveLines(stream: TerminalStream): LiveLines {
  let shown = ''
  let height = 0

  function draw(lines: readonly string[]): void {
    const text = lines.map((line) => `${fitText(line, lineWidth(stream))}\n`).join('')
    if (!stream.isTTY || text === shown) return
    stream.write(`\r${up(height)}${clearToEnd}${text}`)
    shown = text
    height = lines.length
  }

  return { show: draw, clear: () => draw([]) }
}
