import { expect, test } from 'vitest'
import { storedZoom } from '../../../../electron/desktop/window/zoom.ts'

test.each([undefined, null, '1.5', 0, -1, 0.49, 2.01, 9, NaN])(
  'an invalid stored factor %j becomes 1',
  (value) => {
    expect(storedZoom(value)).toBe(1)
  },
)
