import type { QuietHours } from '../../electron/contract/settings.ts'

/** What is put in when somebody adds quiet hours: the working week, at a limit that leaves room for calls. */
export const firstQuietHours: QuietHours = {
  days: [1, 2, 3, 4, 5],
  fromMinute: 9 * 60,
  toMinute: 18 * 60,
  limitBytesPerSecond: 2_000_000,
}

/** Minutes since midnight as a time field has them: `09:05`. */
export function timeOf(minute: number): string {
  const two = (number: number) => String(number).padStart(2, '0')
  return `${two(Math.floor(minute / 60))}:${two(minute % 60)}`
}

/** Minutes since midnight, or null for what is no time of day: a field that is being typed into. */
export function minuteOf(time: string): number | null {
  const [, hours, minutes] = /^(\d{2}):(\d{2})/.exec(time) ?? []
  if (hours === undefined || minutes === undefined) return null
  const minute = Number(hours) * 60 + Number(minutes)
  return minute < 24 * 60 ? minute : null
}

/** A week's days in the order in which the locale's calendars show them: 0 for Sunday. */
export function weekOf(locale: string): readonly number[] {
  const { firstDay = 1 } =
    (new Intl.Locale(locale) as Intl.Locale & { getWeekInfo?: () => { firstDay: number } }).getWeekInfo?.() ??
    {}
  return Array.from({ length: 7 }, (_, index) => (firstDay + index) % 7)
}

/** The day's name, short or whole, in a locale. 1 March 2026 was a Sunday. */
export function dayName(day: number, locale: string, length: 'narrow' | 'short' | 'long'): string {
  const date = new Date(Date.UTC(2026, 2, 1 + day))
  return new Intl.DateTimeFormat(locale, { weekday: length, timeZone: 'UTC' }).format(date)
}
