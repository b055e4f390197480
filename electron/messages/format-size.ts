import type { Locale } from '../contract/app-info.ts'

const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const
const formatters = new Map<string, Intl.NumberFormat>()

function formatter(locale: Locale, unit: (typeof units)[number], digits: number): Intl.NumberFormat {
  const key = `${locale} ${unit} ${digits}`
  const cached = formatters.get(key)
  if (cached) return cached
  const created = new Intl.NumberFormat(locale, {
    style: 'unit',
    unit,
    unitDisplay: unit === 'byte' ? 'long' : 'short',
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  })
  formatters.set(key, created)
  return created
}

/**
 * A size in decimal units, as file managers and providers use them: `6.8 GB`, `950 MB`, `12 kB`. The number
 * of decimals depends only on the magnitude, so that a growing number keeps its width.
 */
export function formatBytes(bytes: number, locale: Locale): string {
  let step = 0
  let value = bytes
  // A value that would round to 1000 is shown in the next unit.
  while (value >= (step >= 3 ? 999.95 : 999.5) && step < units.length - 1) {
    value /= 1000
    step += 1
  }
  const digits = step >= 3 || (step === 2 && value < 99.95) ? 1 : 0
  const text = formatter(locale, units[step] ?? 'byte', digits).format(value)
  // CLDR has no Traditional Chinese name for "byte", and no space before the Simplified one.
  if (locale === 'zh-Hant') return text.replace(/ ?bytes?$/, ' 位元組')
  return text.replace(/(?<=\d)(?=\p{Script=Han})/u, ' ')
}

/** A speed limit in MB/s, the unit in which it is set. */
export const formatRate = (bytesPerSecond: number) => `${bytesPerSecond / 1_000_000} MB/s`
