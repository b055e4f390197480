import type { QuietHours } from '../../electron/contract/settings.ts'

/** Initial values of new quiet hours: working days, with a limit that leaves room for calls. */
export const firstQuietHours: QuietHours = {
  days: [1, 2, 3, 4, 5],
  fromMinute: 9 * 60,
  toMinute: 18 * 60,
  limitBytesPerSecond: 2_000_000,
}

/** Formats minutes since midnight for a time input: `09:05`. */
export function timeOf(minute: number): string {
  const two = (number: number) => String(number).padStart(2, '0')
  return `${two(Math.floor(minute / 60))}:${two(minute % 60)}`
}

/** Parses a time input into minutes since midnight; null for an incomplete value. */
export function minuteOf(time: string): number | null {
  const [, hours, minutes] = /^(\d{2}):(\d{2})/.exec(time) ?? []
  if (hours === undefined || minutes === undefined) return null
  const minute = Number(hours) * 60 + Number(minutes)
  return minute < 24 * 60 ? minute : null
}

/** The days of the week in the order of the locale's calendars; 0 is Sunday. */
export function weekOf(locale: string): readonly number[] {
  const { firstDay = 1 } =
    (new Intl.Locale(locale) as Intl.Locale & { getWeekInfo?: () => { firstDay: number } }).getWeekInfo?.() ??
    {}
  return Array.from({ length: 7 }, (_, index) => (firstDay + index) % 7)
}

/** The localised name of a day. 1 March 2026 was a Sunday. */
export function dayName(day: number, locale: string, length: 'narrow' | 'short' | 'long'): string {
  const date = new Date(Date.UTC(2026, 2, 1 + day))
  return new Intl.DateTimeFormat(locale, { weekday: length, timeZone: 'UTC' }).format(date)
}
