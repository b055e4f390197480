/** Chromium's own steps within what the page is made for: 200 % without loss, and half for very large screens. */
export const zoomSteps = [0.5, 0.67, 0.75, 0.8, 0.9, 1, 1.1, 1.25, 1.5, 1.75, 2] as const

export type ZoomChange = 'in' | 'out' | 'reset'

/** The factor after a step from any factor; beyond the last step it stays. */
export function zoomAfter(factor: number, change: ZoomChange): number {
  if (change === 'reset') return 1
  if (change === 'in') return zoomSteps.find((step) => step > factor + 0.001) ?? factor
  return zoomSteps.findLast((step) => step < factor - 0.001) ?? factor
}

/** What was stored once, or the actual size. */
export function storedZoom(value: unknown): number {
  const [least, most] = [zoomSteps[0], zoomSteps[zoomSteps.length - 1] ?? 1]
  return typeof value === 'number' && value >= least && value <= most ? value : 1
}
