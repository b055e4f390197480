import { expect, test } from 'vitest'
import type { UploadRow } from '../../../../electron/contract/uploads.ts'
import { createProgressWatch } from '../../../../electron/desktop/power/progress-watch.ts'

const row = (change: Partial<UploadRow>) =>
  ({ id: 'one', phase: 'sending', sentBytes: 0, inFlightBytes: 0, hashedBytes: 0, ...change }) as UploadRow

function setup() {
  let nowMs = 1_000
  const watch = createProgressWatch(() => nowMs)
  return (atMs: number, change: Partial<UploadRow>) => {
    nowMs = atMs
    watch.applyPatch({ changed: [row(change)], removed: [] })
    return watch.lastMs()
  }
}

test('counts sent, in-flight and hashed bytes as progress', () => {
  const lastProgressAfter = setup()
  lastProgressAfter(500, {})
  expect(lastProgressAfter(1_000, { inFlightBytes: 1 })).toBe(1_000)
  expect(lastProgressAfter(2_000, { inFlightBytes: 1, bytesPerSecond: 3 })).toBe(1_000)
  expect(lastProgressAfter(3_000, { inFlightBytes: 1, hashedBytes: 9 })).toBe(3_000)
  expect(lastProgressAfter(4_000, { sentBytes: 2, hashedBytes: 9 })).toBe(4_000)
})

test('an upload that waits or is paused makes no progress', () => {
  const lastProgressAfter = setup()
  expect(lastProgressAfter(1_000, { phase: 'waiting', sentBytes: 5 })).toBe(-Infinity)
  expect(lastProgressAfter(2_000, { phase: 'paused', sentBytes: 5 })).toBe(-Infinity)
})

test('an upload that starts, retries or loses what was in flight makes no progress', () => {
  const lastProgressAfter = setup()
  expect(lastProgressAfter(1_000, { sentBytes: 5 })).toBe(-Infinity)
  expect(lastProgressAfter(2_000, { sentBytes: 5, inFlightBytes: 1 })).toBe(2_000)
  expect(lastProgressAfter(3_000, { phase: 'retrying', sentBytes: 5 })).toBe(2_000)
  expect(lastProgressAfter(4_000, { phase: 'sending', sentBytes: 5 })).toBe(2_000)
  expect(lastProgressAfter(5_000, { phase: 'sending', sentBytes: 5 })).toBe(2_000)
})
