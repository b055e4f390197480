import type { SpeedHistory } from '../../../electron/contract/upload-details.ts'
import type { SpeedPoint } from '../../../electron/contract/upload-log.ts'

/** A speed history as SVG paths for a box of the given size. */
export interface SpeedGraph {
  /** SVG paths of the line and of the area below it. */
  readonly line: string
  readonly area: string
  /** The value of the upper edge, in bytes per second. */
  readonly topBytes: number
  readonly nowBytes: number
  readonly meanBytes: number
  readonly mostBytes: number
  /** Duration in ms. */
  readonly spanMs: number
}

/** The speed of a whole upload, from its log. */
export function historyOf(speed: readonly SpeedPoint[]): SpeedHistory {
  const totalMs = speed.reduce((sum, { durationMs }) => sum + durationMs, 0)
  const stepMs = totalMs / Math.max(1, speed.length)
  const points: number[] = []
  let index = 0
  let endMs = speed[0]?.durationMs ?? 0
  for (let step = 0; step < speed.length; step += 1) {
    while (index < speed.length - 1 && endMs <= (step + 0.5) * stepMs) {
      index += 1
      endMs += speed[index]?.durationMs ?? 0
    }
    const { bytes = 0, durationMs = 1 } = speed[index] ?? {}
    points.push(Math.round((bytes / durationMs) * 1000))
  }
  return { stepMs, points }
}

/** @returns null if there are fewer than two points */
export function graphOf({ stepMs, points }: SpeedHistory, width: number, height: number): SpeedGraph | null {
  if (points.length < 2) return null
  const mostBytes = Math.max(...points)
  const topBytes = roundUp(mostBytes)
  const places = points.map((bytes, index) => {
    const x = (index / (points.length - 1)) * width
    return `${x.toFixed(1)} ${(height - (bytes / topBytes) * height).toFixed(1)}`
  })
  const line = `M${places.join('L')}`
  return {
    line,
    area: `${line}L${width} ${height}L0 ${height}Z`,
    topBytes,
    mostBytes,
    nowBytes: points.at(-1) ?? 0,
    meanBytes: points.reduce((sum, bytes) => sum + bytes, 0) / points.length,
    spanMs: points.length * stepMs,
  }
}

/** Rounds up to 1, 2, 5, 10, 20, 50…, so that the scale rarely changes. */
function roundUp(bytes: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(bytes, 1_000)))
  return [1, 2, 5, 10].map((digit) => digit * power).find((round) => round >= bytes) ?? 10 * power
}
