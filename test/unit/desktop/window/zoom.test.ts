import { expect, test } from 'vitest'
import { storedZoom, zoomAfter } from '../../../../electron/desktop/window/zoom.ts'

test.each([
  [1, 'in', 1.1],
  [1.1, 'out', 1],
  [1.05, 'in', 1.1],
  // Chromium returns factors that are not exact.
  [1.0999999, 'in', 1.25],
  [1.1000001, 'out', 1],
  [1.05, 'out', 1],
  [2, 'in', 2],
  [0.5, 'out', 0.5],
  [1.75, 'reset', 1],
] as const)('from %d a step %s leads to %d', (factor, change, after) => {
  expect(zoomAfter(factor, change)).toBe(after)
})

test.each([undefined, null, '1.5', 0, -1, 0.49, 2.01, 9, NaN])(
  'an invalid stored factor %j becomes 1',
  (value) => {
    expect(storedZoom(value)).toBe(1)
  },
)
