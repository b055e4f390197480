import type { Conditions, Hold } from '../contract/conditions.ts'
import { queueStatus } from '../contract/upload-status.ts'
import type { Snapshot, UploadRow } from '../contract/uploads.ts'
import { visibleName } from '../contract/visible-text.ts'
import type { MessageKey, Params, Translate } from './messages.ts'
import { timeLeftText } from './time-left.ts'

/** The state of the queue, as heading, status bar and tray say it. `clock` formats a time of day. */
export function queueStatusText(
  { totals, allPaused, line }: Pick<Snapshot, 'totals' | 'allPaused' | 'line'>,
  hold: Hold | null,
  t: Translate,
  clock: (ms: number) => string,
): string {
  const { word, count } = queueStatus(totals, { allPaused, connectivity: line, hold: hold?.kind ?? null })
  if (word === 'pausing') return t('phase.pausing', { parts: count })
  if (word === 'uploading') {
    const { secondsLeft } = totals
    const isKnown = secondsLeft === null ? 'no' : 'yes'
    return t('queue.uploading', { isKnown, time: timeLeftText(secondsLeft, t) })
  }
  if (hold?.kind === 'quiet-hours' && word === hold.kind) {
    const until = hold.untilMs === null ? '' : clock(hold.untilMs)
    return t('queue.quiet-hours', { isKnown: until === '' ? 'no' : 'yes', count, until })
  }
  return t(`queue.${word}`, { count })
}

/** The message at the end of a batch, about the uploads that it has registered. */
export function batchDone(rows: readonly UploadRow[]): { readonly key: MessageKey; readonly params: Params } {
  const byTeam = [...Map.groupBy(rows, ({ team }) => team.id).values()].toSorted(
    (a, b) => b.length - a.length,
  )
  const [{ count, team }, { count: otherCount, team: otherTeam }] = [countOf(byTeam[0]), countOf(byTeam[1])]
  const [first] = rows
  if (byTeam.length > 1) {
    const params = { teams: byTeam.length, all: rows.length, count, team, otherCount, otherTeam }
    return { key: 'notice.done-teams', params }
  }
  if (count > 1 || !first) return { key: 'notice.done-many', params: { count, team } }
  return { key: 'notice.done-one', params: { name: visibleName(first.target.displayName), team } }
}

const countOf = (rows: readonly UploadRow[] = []) => ({
  count: rows.length,
  team: visibleName(rows[0]?.team.name ?? ''),
})

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
