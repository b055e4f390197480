import * as v from 'valibot'
import { speedLimit } from '../contract/settings.ts'

/** Decimal units: `5M`, `2.5MB/s`, `500K`, or bytes a second without a unit. */
const ratePattern = /^(\d+(?:\.\d+)?)([kmg]?)(?:b?(?:\/s)?)$/i
const factors: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, g: 1e9 }

/** The end of the error message for an invalid speed. */
export const rateHint =
  'must be a speed such as 5M, 500K or 2500000 (bytes per second, from 100K to 10G), or off.'

/** Bytes a second, null for "off", undefined for an invalid or out-of-range speed. */
export function parseRate(text: string): number | null | undefined {
  if (text.toLowerCase() === 'off') return null
  const [, number, unit = ''] = ratePattern.exec(text.trim()) ?? []
  if (number === undefined) return undefined
  const parsed = v.safeParse(speedLimit, Math.round(Number(number) * (factors[unit.toLowerCase()] ?? NaN)))
  return parsed.success ? parsed.output : undefined
}
