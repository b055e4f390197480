/** Days for which a weekday alone is clear. */
const maxWeekdayDays = 6

/**
 * A time of day as a locale writes it, with its weekday unless it is today, and with its date where it is further away:
 * "18:00", "Mon 7:30 AM", "Jan 5, 7:30 AM".
 */
export function clockText(atMs: number, nowMs: number, tag: string): string {
  const isToday = new Date(atMs).toDateString() === new Date(nowMs).toDateString()
  const isFar = Math.abs(atMs - nowMs) > maxWeekdayDays * 86_400_000
  return new Intl.DateTimeFormat(tag, {
    ...(isToday ? {} : isFar ? { month: 'short', day: 'numeric' } : { weekday: 'short' }),
    hour: 'numeric',
    minute: '2-digit',
  }).format(atMs)
}
