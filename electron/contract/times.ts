import type { Locale } from './surroundings.ts'

/** A time of day, with its weekday unless it is today: "18:00", "Mon 07:30". */
export function clockWords(atMs: number, nowMs: number, locale: Locale): string {
  const isToday = new Date(atMs).toDateString() === new Date(nowMs).toDateString()
  return new Intl.DateTimeFormat(locale, {
    ...(isToday ? {} : { weekday: 'short' }),
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).format(atMs)
}
