/** Chromium's zoom steps from 50 % to 200 %, the range that the layout supports. */
const zoomSteps = [0.5, 0.67, 0.75, 0.8, 0.9, 1, 1.1, 1.25, 1.5, 1.75, 2] as const

export type ZoomChange = 'in' | 'out' | 'reset'

/** The next step from any factor; beyond the last step the factor is unchanged. */
export function zoomAfter(factor: number, change: ZoomChange): number {
  if (change === 'reset') return 1
  if (change === 'in') return zoomSteps.find((step) => step > factor + 0.001) ?? factor
  return zoomSteps.findLast((step) => step < factor - 0.001) ?? factor
}

/** The stored factor if it is valid, else 1. */
export function storedZoom(value: unknown): number {
  const min = Math.min(...zoomSteps)
  const max = Math.max(...zoomSteps)
  return typeof value === 'number' && value >= min && value <= max ? value : 1
}
