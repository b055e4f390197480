import type { DeadlineView } from '../../../electron/contract/deadline.ts'
import { spanOf } from '../../../electron/messages/span.ts'
import type { Language } from '../../app/language.svelte.ts'

/** Lateness is rounded up to this many ms, since an estimate is not exact to the minute. */
const lateStepMs = 5 * 60_000

const lateByMs = (atMs: number, doneAtMs: number) => Math.ceil((doneAtMs - atMs) / lateStepMs) * lateStepMs

/** When all uploads are done, in ms since the epoch; rounded as the lateness is, so that both agree. */
export const shownDoneAtMs = ({ atMs, state }: DeadlineView, doneAtMs: number): number =>
  state === 'late' ? atMs + lateByMs(atMs, doneAtMs) : doneAtMs

/** The state of the deadline in a few words. */
export function deadlineText({ atMs, state, doneAtMs }: DeadlineView, { t, shortTime }: Language): string {
  const time = shortTime(atMs)
  if (state !== 'late' || doneAtMs === null)
    return t(`deadline.state-${state === 'late' ? 'never' : state}`, { time })
  const { key, count } = spanOf(lateByMs(atMs, doneAtMs))
  return t('deadline.state-late', { span: t(key, { count }), time })
}

/** `HH:MM` of a moment in local time, as time fields use it. */
export function timeOfDay(atMs: number): string {
  const at = new Date(atMs)
  return [at.getHours(), at.getMinutes()].map((value) => String(value).padStart(2, '0')).join(':')
}

export type DeadlineDay = 'today' | 'tomorrow'

/** The moment of a time of day today or tomorrow in local time, or null if the time is invalid. */
export function momentOf(time: string, day: DeadlineDay, nowMs: number): number | null {
  const match = /^([01]\d|2[0-3]):([0-5]\d)/.exec(time)
  if (!match) return null
  const now = new Date(nowMs)
  const date = now.getDate() + (day === 'tomorrow' ? 1 : 0)
  return new Date(now.getFullYear(), now.getMonth(), date, Number(match[1]), Number(match[2])).getTime()
}

/** Today or tomorrow, as of a moment. */
export const dayOf = (atMs: number, nowMs: number): DeadlineDay =>
  new Date(atMs).toDateString() === new Date(nowMs).toDateString() ? 'today' : 'tomorrow'

/** A whole hour at least this far away is proposed, in ms. */
const leastAheadMs = 60 * 60_000

/** The deadline that is proposed: the next whole hour that is at least an hour away. */
export function proposedDeadline(nowMs: number): number {
  const at = new Date(nowMs + leastAheadMs)
  return new Date(at.getFullYear(), at.getMonth(), at.getDate(), at.getHours() + 1).getTime()
}
