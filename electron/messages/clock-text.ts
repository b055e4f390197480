const dayMs = 86_400_000
/** Times further away are shown with a date, since a weekday alone would be ambiguous. */
const maxWeekdayDays = 6

/** A time of day in a locale: "18:00" for today, "Mon 7:30 AM" within a week, else "Jan 5, 7:30 AM". */
export function clockText(atMs: number, nowMs: number, tag: string): string {
  return new Intl.DateTimeFormat(tag, {
    ...dayOptions(atMs, nowMs),
    hour: 'numeric',
    minute: '2-digit',
  }).format(atMs)
}

function dayOptions(atMs: number, nowMs: number): Intl.DateTimeFormatOptions {
  if (new Date(atMs).toDateString() === new Date(nowMs).toDateString()) return {}
  if (Math.abs(atMs - nowMs) > maxWeekdayDays * dayMs) return { month: 'short', day: 'numeric' }
  return { weekday: 'short' }
}
