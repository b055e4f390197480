import type { Hold } from './conditions.ts'
import { clockWords } from './times.ts'
import type { Words } from './words.ts'

/** Why nothing is sent, in one sentence. */
export function holdWords(hold: Hold, words: Words, tag: string, nowMs: number): string {
  switch (hold.kind) {
    case 'battery':
      return words('hold.battery', { percent: hold.percent, below: hold.belowPercent })
    case 'metered':
      return hold.line ? words('hold.metered', { line: hold.line.name }) : words('hold.metered-unnamed')
    case 'quiet-hours':
      return hold.untilMs === null
        ? words('hold.quiet-hours-always')
        : words('hold.quiet-hours', { until: clockWords(hold.untilMs, nowMs, tag) })
  }
}
