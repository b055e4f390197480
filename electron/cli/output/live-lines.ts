import { fitText } from './terminal-text.ts'

/** A stream that may be a terminal. */
export interface Screen {
  write(text: string): unknown
  readonly isTTY?: boolean
  readonly columns?: number
}

/** Lines at the end of a terminal that are drawn over again. */
export interface LiveBlock {
  show(lines: readonly string[]): void
  clear(): void
}

const clearToEnd = '\u001b[0J'
const up = (lines: number) => (lines > 0 ? `\u001b[${lines}A` : '')

/** When a terminal does not tell its width, in places. */
const usualColumns = 80

/** A line's width in places; the last place stays free, since a full line would wrap. */
export const columnsOf = (screen: Screen) => (screen.columns || usualColumns) - 1

/** The moving lines are for eyes on a terminal only: elsewhere nothing is written. */
export function createLiveBlock(screen: Screen): LiveBlock {
  let shown = ''
  let height = 0

  function draw(lines: readonly string[]): void {
    const text = lines.map((line) => `${fitText(line, columnsOf(screen))}\n`).join('')
    if (!screen.isTTY || text === shown) return
    screen.write(`\r${up(height)}${clearToEnd}${text}`)
    shown = text
    height = lines.length
  }

  return { show: draw, clear: () => draw([]) }
}
