import { visibleText } from '../../contract/visible-text.ts'
import { fitText, wrappedRows } from './terminal-text.ts'

/** An output stream that may be a terminal. */
export interface TerminalStream {
  write(text: string, done?: () => void): unknown
  on?(event: 'error', listener: (error: NodeJS.ErrnoException) => void): unknown
  readonly isTTY?: boolean
  readonly columns?: number
  readonly rows?: number
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

/** Rows that can be redrawn, without the one of the cursor: lines that have scrolled out of the terminal stay. */
const redrawableRows = (stream: TerminalStream) => Math.max(1, (stream.rows || Infinity) - 1)

/** Leaves out lines before the last one, which is the total, until they fit into `rows`. */
function fitRows(lines: readonly string[], rows: number): readonly string[] {
  if (lines.length <= rows) return lines
  const kept = Math.max(0, rows - 2)
  const moreLine = `and ${lines.length - 1 - kept} more`
  return [...lines.slice(0, kept), ...(rows > 1 ? [moreLine] : []), ...lines.slice(-1)]
}

/**
 * Writes nothing when the stream is not a terminal, or one without cursor movements.
 * @param terminalType the variable TERM
 */
export function createLiveLines(stream: TerminalStream, terminalType?: string): LiveLines {
  let shown: readonly string[] = []
  let shownColumns = 0

  function draw(lines: readonly string[]): void {
    if (!stream.isTTY || terminalType === 'dumb') return
    const rows = redrawableRows(stream)
    const fitted = fitRows(lines, rows).map((line) => fitText(visibleText(line), lineWidth(stream)))
    const columns = columnsOf(stream)
    if (columns === shownColumns && fitted.join('\n') === shown.join('\n')) return
    // A terminal that has become narrower has wrapped the lines.
    const height = shown.reduce((sum, line) => sum + wrappedRows(line, columns), 0)
    stream.write(`\r${up(Math.min(height, rows))}${clearToEnd}${fitted.map((line) => `${line}\n`).join('')}`)
    shown = fitted
    shownColumns = columns
  }

  return { show: draw, clear: () => draw([]) }
}
