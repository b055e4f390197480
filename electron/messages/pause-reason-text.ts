import type { Conditions, Hold } from '../contract/conditions.ts'
import { clockText } from './clock-text.ts'
import type { Translate } from './messages.ts'

/** The sentence for why uploads are on hold. */
export function pauseReasonText(hold: Hold, t: Translate, tag: string, nowMs: number): string {
  switch (hold.kind) {
    case 'battery':
      return t('hold.battery', { percent: hold.percent, below: hold.belowPercent })
    case 'metered':
      return hold.line ? t('hold.metered', { line: hold.line.name }) : t('hold.metered-unnamed')
    case 'quiet-hours':
      return hold.untilMs === null
        ? t('hold.quiet-hours-always')
        : t('hold.quiet-hours', { until: clockText(hold.untilMs, nowMs, tag) })
  }
}

/** The announcement of the action after the last upload, with its results; null when there is none. */
export function countdownText(
  { whenDone, ending }: Pick<Conditions, 'whenDone' | 'ending'>,
  t: Translate,
): string | null {
  if (!ending || whenDone === 'nothing') return null
  const { sent, needsYou, inReview } = ending
  if (inReview > 0) return t('done.in-review', { inReview, whenDone })
  return t('done.soon', { sent, needsYou, whenDone })
}
