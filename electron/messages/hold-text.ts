import type { Conditions, Hold } from '../contract/conditions.ts'
import { clockWords } from './clock-text.ts'
import type { Words } from './messages.ts'

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

/** What is about to be done and how far the files came, in a sentence or two; null while nothing is about to be done. */
export function endingWords(
  { whenDone, ending }: Pick<Conditions, 'whenDone' | 'ending'>,
  words: Words,
): string | null {
  if (!ending || whenDone === 'nothing') return null
  const { sent, needsYou } = ending
  return needsYou > 0
    ? words(`done.soon-${whenDone}-partly`, { sent, needsYou })
    : words(`done.soon-${whenDone}`)
}
