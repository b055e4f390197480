export interface Row {
  readonly measure: string
  /** In the form of the performance goals, such as `≤ 1.15`; empty for informative rows. */
  readonly goal: string
  /** The value that is compared with the goal, with its unit. */
  readonly result: string
  readonly verdict: 'pass' | 'MISS' | 'info' | 'not run'
  readonly ours?: string
  readonly peer?: string
  /** The ratio of the last release. */
  readonly released?: string
  /** Why it was not run, or how to read it. */
  readonly note?: string
}

export interface Bound {
  readonly measure: string
  readonly atMost: number
  readonly value: number
  readonly unit?: string
  readonly ours?: string
  readonly peer?: string
  readonly note?: string
}

/** A row with a goal: `value` must be at most `atMost`. */
export function judged({ measure, atMost, value, unit = '', ...rest }: Bound): Row {
  const result = `${unit === 'ms' || unit === 'MiB' ? value.toFixed(1) : value.toFixed(2)}${unit && ` ${unit}`}`
  const goal = `≤ ${atMost}${unit && ` ${unit}`}`
  return { measure, goal, result, verdict: value <= atMost ? 'pass' : 'MISS', ...rest }
}

export function told(measure: string, result: string, rest: Pick<Row, 'ours' | 'peer' | 'note'> = {}): Row {
  return { measure, goal: '', result, verdict: 'info', ...rest }
}

export function notRun(measure: string, why: string): Row {
  return { measure, goal: '', result: '', verdict: 'not run', note: why }
}

const heads = ['measure', 'goal', 'ours', 'peer', 'result', 'released', 'verdict', 'note'] as const

/** The rows as a Markdown table, with columns aligned for a terminal. */
export function table(rows: readonly Row[]): string {
  const cells = rows.map((row) => heads.map((head) => row[head] ?? ''))
  const widths = heads.map((head, at) =>
    Math.max(head.length, ...cells.map((line) => (line[at] ?? '').length)),
  )
  const line = (words: readonly string[]) =>
    `| ${words.map((word, at) => word.padEnd(widths[at] ?? 0)).join(' | ')} |`
  return [
    line(heads),
    `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`,
    ...cells.map(line),
  ].join('\n')
}

/** A sentence with the number of goals met. */
export function tally(rows: readonly Row[]): string {
  const count = (wanted: Row['verdict']) => rows.filter(({ verdict }) => verdict === wanted).length
  const goals = count('pass') + count('MISS')
  return `${count('pass')} of ${goals} goals met, ${count('MISS')} missed; ${count('not run')} not run.`
}
