import { expect, test } from 'vitest'
import type { Put } from '../../../electron/transfer/put-body.ts'
import { createStallCheck } from '../../../electron/transfer/put-jobs.ts'
import type { SentHash } from '../../../electron/transfer/sent-hash.ts'
import { putTimeouts } from '../../../electron/transfer/upload-worker-pool.ts'

const sizeBytes = 1_000
const intervalMs = 1_000

/** A PUT with the usual timeouts, and the check for a stall. */
function setup(given: Partial<Put> = {}) {
  const put = {
    job: { start: 500, end: 500 + sizeBytes, ...putTimeouts },
    hash: null,
    flushedBytes: 0,
    isWaitingLocally: false,
    ...given,
  } as Put
  const isStalled = createStallCheck(put, intervalMs)
  /** The number of intervals after which the PUT counts as stalled; null if it doesn't after `count`. */
  const intervalsUntilStalled = (count: number) => {
    for (let interval = 1; interval <= count; interval += 1) if (isStalled()) return interval
    return null
  }
  return { put, isStalled, intervalsUntilStalled }
}

test('a PUT stalls after 30 s of intervals without a byte sent', () => {
  const { put, isStalled, intervalsUntilStalled } = setup()
  expect(isStalled()).toBe(false)
  expect(intervalsUntilStalled(29)).toBeNull()
  put.flushedBytes = 1
  expect(isStalled()).toBe(false)
  expect(intervalsUntilStalled(1_000)).toBe(30)
})

test.each([
  ['the throttle', { isWaitingLocally: true }],
  ['its hash', { hash: { isBehind: () => true } as SentHash }],
])('a PUT that waits for %s does not stall', (_, given) => {
  const { put, intervalsUntilStalled } = setup(given)
  expect(intervalsUntilStalled(1_000)).toBeNull()
  Object.assign(put, { isWaitingLocally: false, hash: null })
  expect(intervalsUntilStalled(1_000)).toBe(30)
})
