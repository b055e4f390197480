import { expect, test } from 'vitest'
import type { UploadRow } from '../../../../electron/contract/uploads.ts'
import { createProgressWatch } from '../../../../electron/desktop/power/progress-watch.ts'

const row = (change: Partial<UploadRow>) =>
  ({ id: 'one', phase: 'sending', sentBytes: 0, inFlightBytes: 0, hashedBytes: 0, ...change }) as UploadRow

function setup() {
  let nowMs = 1_000
  const movement = createProgressWatch(() => nowMs)
  const tell = (atMs: number, change: Partial<UploadRow>) => {
    nowMs = atMs
    movement.patch({ changed: [row(change)], removed: [] })
    return movement.lastMs()
  }
  return { tell, movement }
}

test('sent, flying and hashed bytes are movement, a row that only runs is none', () => {
  const { tell } = setup()
  expect(tell(1_000, { inFlightBytes: 1 })).toBe(1_000)
  expect(tell(2_000, { inFlightBytes: 1, bytesPerSecond: 3 })).toBe(1_000)
  expect(tell(3_000, { inFlightBytes: 1, hashedBytes: 9 })).toBe(3_000)
  expect(tell(4_000, { sentBytes: 1, hashedBytes: 9 })).toBe(4_000)
})

test('a row that waits or is paused moves nothing', () => {
  const { tell } = setup()
  expect(tell(1_000, { phase: 'waiting', sentBytes: 5 })).toBe(0)
  expect(tell(2_000, { phase: 'paused', sentBytes: 6 })).toBe(0)
})
