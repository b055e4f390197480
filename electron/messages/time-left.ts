import type { Translate } from './messages.ts'

const minute = 60
const hour = 3600
const day = 86_400

/** Formats the time left. The steps grow with the duration, so that the text changes rarely. */
export function timeLeftText(seconds: number | null, t: Translate): string {
  if (seconds === null) return t('time.estimating')
  if (seconds < minute) return t('time.under-minute')
  if (seconds < 20 * minute) return t('time.minutes', { minutes: Math.round(seconds / minute) })
  const minutes = Math.round(seconds / (5 * minute)) * 5
  if (minutes < 60) return t('time.minutes', { minutes })
  if (seconds < 5 * hour) {
    const tens = Math.round(seconds / (10 * minute)) * 10
    const rest = tens % 60
    const hours = Math.floor(tens / 60)
    return rest === 0 ? t('time.hours', { hours }) : t('time.hours-minutes', { hours, minutes: rest })
  }
  if (seconds < 1.5 * day) return t('time.hours', { hours: Math.round(seconds / hour) })
  return t('time.days', { days: Math.round(seconds / day) })
}
