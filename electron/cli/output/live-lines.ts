import { visibleText } from '../../contract/visible-text.ts'
import { fitText, wrappedRows } from './terminal-text.ts'

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

const columnsOf = (stream: TerminalStream) => stream.columns || defaultColumns

/** Usable columns of a line; the last one stays free, since a full line would wrap. */
export const lineWidth = (stream: TerminalStream) => columnsOf(stream) - 1

/** Writes nothing when the stream is not a terminal. */
export function createLiveLines(stream: TerminalStream): LiveLines {
  let shown: readonly string[] = []
  let shownColumns = 0

  function draw(lines: readonly string[]): void {
    if (!stream.isTTY) return
    const fitted = lines.map((line) => fitText(visibleText(line), lineWidth(stream)))
    const columns = columnsOf(stream)
    if (columns === shownColumns && fitted.join('\n') === shown.join('\n')) return
    // A terminal that has become narrower has wrapped the lines.
    const height = shown.reduce((rows, line) => rows + wrappedRows(line, columns), 0)
    stream.write(`\r${up(height)}${clearToEnd}${fitted.map((line) => `${line}\n`).join('')}`)
    shown = fitted
    shownColumns = columns
  }

  return { show: draw, clear: () => draw([]) }
}
