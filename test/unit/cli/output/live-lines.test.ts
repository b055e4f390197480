import { expect, test } from 'vitest'
import { createLiveLines } from '../../../../electron/cli/output/live-lines.ts'

/** A terminal that wraps long lines, again after each resize, as current terminals do. */
function createTerminal(columns: number) {
  let lines = ['']
  const rowsOf = (line: string) => Math.max(1, Math.ceil(line.length / stream.columns))
  const stream = {
    isTTY: true,
    columns,
    write(text: string) {
      // oxlint-disable-next-line no-control-regex -- parses terminal control sequences
      for (const [, rows, isClear, printed] of text.matchAll(/\u001b\[(\d+)A|(\u001b\[0J)|([^\u001b\r]+)/g)) {
        if (rows !== undefined) moveUp(Number(rows))
        else if (printed !== undefined && isClear === undefined) print(printed)
      }
    },
  }

  /** Everything below the cursor is cleared next, so it is removed at once. */
  function moveUp(rows: number) {
    lines.pop()
    for (let left = rows; left > 0; left -= 1) {
      const last = lines.pop() ?? ''
      const kept = last.slice(0, (rowsOf(last) - 1) * stream.columns)
      if (kept !== '') lines.push(kept)
    }
    lines.push('')
  }

  function print(text: string) {
    const [first = '', ...rest] = text.split('\n')
    lines = [...lines.slice(0, -1), (lines.at(-1) ?? '') + first, ...rest]
  }

  return { stream, lines: () => lines.slice(0, -1) }
}

test('leaves no rest of wrapped lines when the terminal becomes narrower', () => {
  const terminal = createTerminal(60)
  terminal.stream.write('queued\n')
  const live = createLiveLines(terminal.stream)
  live.show(['a'.repeat(55), 'b'.repeat(50)])
  terminal.stream.columns = 25
  live.show(['a'.repeat(55), 'b'.repeat(50)])
  expect(terminal.lines().map((line) => line.length <= 24)).toEqual([true, true, true])
  expect(terminal.lines()[0]).toBe('queued')
  terminal.stream.columns = 10
  live.clear()
  expect(terminal.lines()).toEqual(['queued'])
})

test('shows no more lines than the terminal has rows, and always the last one', () => {
  const terminal = createTerminal(60)
  const stream = Object.assign(terminal.stream, { rows: 8 })
  const live = createLiveLines(stream)
  const files = Array.from({ length: 19 }, (_none, index) => `file ${index}`)
  live.show([...files, 'total'])
  expect(terminal.lines()).toEqual([...files.slice(0, 5), 'and 14 more', 'total'])
  stream.rows = 2
  live.show([...files, 'total'])
  expect(terminal.lines().at(-1)).toBe('total')
})
