import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { notRun, type Row } from './table.ts'

/** The ratios of the last release, by family and measure. */
export interface Released {
  readonly version: string
  readonly ratios: Readonly<Record<string, Readonly<Record<string, number>>>>
}

/** Rows that a family has measured. */
export interface Measured {
  readonly family: string
  readonly rows: readonly Row[]
}

/** A ratio that is worse than the last release's by more than this share has become worse; less is noise. */
const tolerance = 0.15

const file = join(import.meta.dirname, 'released.json')

export const readReleased = (): Released => JSON.parse(readFileSync(file, 'utf8')) as Released

/** Replaces the ratios of the families that were measured. */
export function saveReleased(version: string, measured: readonly Measured[]): void {
  const ratios = { ...readReleased().ratios, ...ratiosByFamily(measured) }
  writeFileSync(file, `${JSON.stringify({ version, ratios }, null, 2)}\n`)
}

/** A quotient of two measurements, which does not depend on the machine as seconds do; null for other rows. */
export function ratioOf({ measure, goal, result }: Row): number | null {
  const isBounded = goal === '' || /^[≤≥]/.test(goal)
  return measure.includes('÷') && isBounded && /^\d+\.\d+$/.test(result) ? Number(result) : null
}

export function ratiosByFamily(measured: readonly Measured[]): Released['ratios'] {
  const withRatios = measured.map(({ family, rows }) => {
    const ratios = rows.flatMap((row): [string, number][] => {
      const ratio = ratioOf(row)
      return ratio === null ? [] : [[row.measure, ratio]]
    })
    return [family, Object.fromEntries(ratios)] as const
  })
  return Object.fromEntries(withRatios.filter(([, ratios]) => Object.keys(ratios).length > 0))
}

/**
 * The rows with the last release's ratios beside them. A ratio that the release had and that was not measured
 * is a row too, so that a family that fails keeps its rows.
 */
export function compareWithRelease(
  measured: readonly Measured[],
  released: Released,
): { readonly rows: readonly Row[]; readonly worse: readonly string[] } {
  const worse: string[] = []
  const rows = measured.flatMap(({ family, rows: now }) => {
    const before = released.ratios[family] ?? {}
    const compared = now.map((row) => {
      const ratio = ratioOf(row)
      const earlier = before[row.measure]
      if (ratio === null || earlier === undefined) return row
      if (isWorse(row.goal, ratio, earlier))
        worse.push(`${row.measure}: ${earlier.toFixed(2)} in ${released.version}, ${ratio.toFixed(2)} now`)
      return { ...row, released: earlier.toFixed(2) }
    })
    const lost = Object.keys(before).filter((measure) => !now.some((row) => row.measure === measure))
    const lostRows = lost.map((measure) => ({
      ...notRun(measure, 'not measured'),
      released: before[measure]?.toFixed(2) ?? '',
    }))
    return [...compared, ...lostRows]
  })
  return { rows, worse }
}

/** A ratio with a lower bound is better the higher it is. */
const isWorse = (goal: string, ratio: number, earlier: number) =>
  goal.startsWith('≥') ? ratio < earlier * (1 - tolerance) : ratio > earlier * (1 + tolerance)
