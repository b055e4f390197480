import type { QuietHours } from '../../contract/settings.ts'

/** What the quiet hours require at one moment. */
export interface QuietHoursEffect {
  readonly isPause: boolean
  /** The lowest active limit; null when none limits. */
  readonly limitBytesPerSecond: number | null
}

interface Period {
  readonly startMs: number
  readonly endMs: number
  readonly limitBytesPerSecond: number | null
}

/** Yesterday, for periods past midnight, and a week ahead. */
const dayOffsets = [-1, 0, 1, 2, 3, 4, 5, 6, 7]
/** The first day without periods. Rules repeat weekly, so a state that has not changed until then never changes. */
const horizonDay = 8

/** A minute of the day that is this many days after a moment, in local time. */
function minuteOfDay(momentMs: number, dayOffset: number, minute: number): Date {
  const moment = new Date(momentMs)
  return new Date(moment.getFullYear(), moment.getMonth(), moment.getDate() + dayOffset, 0, minute)
}

/**
 * The periods of the days around now. They are computed from calendar dates rather than by adding hours, so
 * that 22:00 stays 22:00 on days when the clocks change. A time that such a day skips counts as the first one
 * after the gap.
 */
function periodsAround(rules: readonly QuietHours[], nowMs: number): Period[] {
  const at = (dayOffset: number, minute: number) => minuteOfDay(nowMs, dayOffset, minute)
  return rules.flatMap(({ days, fromMinute, toMinute, limitBytesPerSecond }) =>
    dayOffsets.flatMap((dayOffset) => {
      const start = at(dayOffset, fromMinute)
      if (!days.includes(at(dayOffset, 0).getDay())) return []
      const end = at(toMinute > fromMinute ? dayOffset : dayOffset + 1, toMinute)
      return [{ startMs: start.getTime(), endMs: end.getTime(), limitBytesPerSecond }]
    }),
  )
}

function effectAt(periods: readonly Period[], atMs: number): QuietHoursEffect {
  const active = periods.filter(({ startMs, endMs }) => startMs <= atMs && atMs < endMs)
  const limits = active.flatMap(({ limitBytesPerSecond }) => limitBytesPerSecond ?? [])
  return {
    isPause: active.some(({ limitBytesPerSecond }) => limitBytesPerSecond === null),
    limitBytesPerSecond: limits.length === 0 ? null : Math.min(...limits),
  }
}

/**
 * The effect of the quiet hours at a moment in local time. When several rules are active, a pause outranks a
 * limit and the lower limit applies.
 */
export function quietHoursAt(
  rules: readonly QuietHours[],
  nowMs: number,
): QuietHoursEffect & {
  /** When the pause or the limit changes next (ms since the epoch), or null for never. */
  readonly untilMs: number | null
  /** When the pause ends (ms since the epoch); null for never, or without a pause. */
  readonly pauseUntilMs: number | null
} {
  const periods = periodsAround(rules, nowMs)
  const now = effectAt(periods, nowMs)
  const horizonMs = minuteOfDay(nowMs, horizonDay, 0).getTime()
  const boundaries = periods
    .flatMap(({ startMs, endMs }) => [startMs, endMs])
    .filter((boundaryMs) => boundaryMs > nowMs && boundaryMs < horizonMs)
    .sort((one, other) => one - other)
  const untilMs = boundaries.find((boundaryMs) => {
    const next = effectAt(periods, boundaryMs)
    return next.isPause !== now.isPause || next.limitBytesPerSecond !== now.limitBytesPerSecond
  })
  const pauseUntilMs = now.isPause
    ? boundaries.find((boundaryMs) => !effectAt(periods, boundaryMs).isPause)
    : null
  return { ...now, untilMs: untilMs ?? null, pauseUntilMs: pauseUntilMs ?? null }
}
