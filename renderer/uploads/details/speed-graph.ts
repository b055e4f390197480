import type { SpeedHistory } from '../../../electron/contract/upload-details.ts'
import type { MessageKey } from '../../../electron/messages/messages.ts'

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

/** Rounds a duration to whole seconds, minutes or tenths of hours. */
export function spanOf(ms: number): { readonly key: MessageKey; readonly count: number } {
  if (ms < 100_000) return { key: 'span.seconds', count: Math.round(ms / 1_000) }
  if (ms < 100 * 60_000) return { key: 'span.minutes', count: Math.round(ms / 60_000) }
  return { key: 'span.hours', count: Math.round(ms / 360_000) / 10 }
}
