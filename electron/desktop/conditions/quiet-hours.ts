import type { QuietHours } from '../../contract/settings.ts'

/** What quiet hours ask for at one moment. */
export interface QuietHoursEffect {
  readonly isPause: boolean
  /** Bytes a second, the least of those in force; null when none limits. */
  readonly limitBytesPerSecond: number | null
}

interface Period {
  readonly startMs: number
  readonly endMs: number
  readonly limitBytesPerSecond: number | null
}

/** A week ahead, and a day back for hours that began yesterday. */
const daysAround = [-1, 0, 1, 2, 3, 4, 5, 6, 7, 8]
/** Nothing is looked for beyond a week, in ms: what has not changed by then never does. */
const horizonMs = 7 * 24 * 60 * 60 * 1000

/**
 * The spans of the days around now. They are put together by the calendar and not by adding hours, so that 22:00 is 22:00
 * on the day on which clocks change as well; a time which that day leaves out counts as the one after the gap.
 */
function periodsAround(rules: readonly QuietHours[], nowMs: number): Period[] {
  const now = new Date(nowMs)
  const at = (day: number, minute: number) =>
    new Date(now.getFullYear(), now.getMonth(), now.getDate() + day, 0, minute)
  return rules.flatMap(({ days, fromMinute, toMinute, limitBytesPerSecond }) =>
    daysAround.flatMap((day) => {
      const start = at(day, fromMinute)
      if (!days.includes(at(day, 0).getDay())) return []
      const end = at(toMinute > fromMinute ? day : day + 1, toMinute)
      return [{ startMs: start.getTime(), endMs: end.getTime(), limitBytesPerSecond }]
    }),
  )
}

function effectAt(spans: readonly Period[], atMs: number): QuietHoursEffect {
  const inForce = spans.filter(({ startMs, endMs }) => startMs <= atMs && atMs < endMs)
  const limits = inForce.flatMap(({ limitBytesPerSecond }) => limitBytesPerSecond ?? [])
  return {
    isPause: inForce.some(({ limitBytesPerSecond }) => limitBytesPerSecond === null),
    limitBytesPerSecond: limits.length === 0 ? null : Math.min(...limits),
  }
}

/**
 * What quiet hours ask for now, in local time, and when that changes (ms since the epoch; null when it never does).
 * Where several are in force a pause outranks a limit, and the lower limit the higher.
 */
export function quietHoursAt(
  rules: readonly QuietHours[],
  nowMs: number,
): QuietHoursEffect & { readonly untilMs: number | null } {
  const spans = periodsAround(rules, nowMs)
  const now = effectAt(spans, nowMs)
  const edges = spans
    .flatMap(({ startMs, endMs }) => [startMs, endMs])
    .filter((edgeMs) => edgeMs > nowMs && edgeMs <= nowMs + horizonMs)
  const untilMs = edges
    .sort((one, other) => one - other)
    .find((edgeMs) => {
      const then = effectAt(spans, edgeMs)
      return then.isPause !== now.isPause || then.limitBytesPerSecond !== now.limitBytesPerSecond
    })
  return { ...now, untilMs: untilMs ?? null }
}
