/** A time of day as a locale writes it, with its weekday unless it is today: "18:00", "Mon 7:30 AM". */
export function clockWords(atMs: number, nowMs: number, tag: string): string {
  const isToday = new Date(atMs).toDateString() === new Date(nowMs).toDateString()
  return new Intl.DateTimeFormat(tag, {
    ...(isToday ? {} : { weekday: 'short' }),
    hour: 'numeric',
    minute: '2-digit',
  }).format(atMs)
}
