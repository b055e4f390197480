import type { Locale } from '../contract/app-info.ts'

const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const
const formatters = new Map<string, Intl.NumberFormat>()

function formatter(locale: Locale, unit: (typeof units)[number], digits: number): Intl.NumberFormat {
  const key = `${locale} ${unit} ${digits}`
  const known = formatters.get(key)
  if (known) return known
  const made = new Intl.NumberFormat(locale, {
    style: 'unit',
    unit,
    unitDisplay: unit === 'byte' ? 'long' : 'short',
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  })
  formatters.set(key, made)
  return made
}

/**
 * A size in decimal units, as file managers and lines count: `6.8 GB`, `950 MB`, `12 kB`. One digit after the point below
 * ten thousand of a unit's parts (GB and up), none for kB and below, so that a running number keeps its width.
 */
export function formatBytes(bytes: number, locale: Locale): string {
  let step = 0
  let value = bytes
  // What would round to a thousand of a unit is one of the next.
  while (value >= (step >= 3 ? 999.95 : 999.5) && step < units.length - 1) {
    value /= 1000
    step += 1
  }
  const digits = step >= 3 || (step === 2 && value < 99.95) ? 1 : 0
  return formatter(locale, units[step] ?? 'byte', digits).format(value)
}

/** A speed limit in the unit in which it is set: round ones without a digit after the point. */
export const formatRate = (bytesPerSecond: number) => `${bytesPerSecond / 1_000_000} MB/s`
