import { expect, test } from 'vitest'
import { createStakeLimit } from '../../../../electron/transfer/concurrency/stake-limit.ts'
import type { Sample } from '../../../../electron/transfer/concurrency/throughput-windows.ts'

const partBytes = 10_000_000

/** A limit whose `send` records a sample each 100 ms while so many bytes per ms are sent. */
function setup() {
  const limit = createStakeLimit()
  const sample: { -readonly [Key in keyof Sample]: Sample[Key] } = {
    nowMs: 0,
    sentBytes: 0,
    inUse: 1,
    hasWaiting: true,
    limitBytesPerSecond: null,
    largestBytes: partBytes,
  }
  return {
    limit,
    sample,
    send(seconds: number, rate: number) {
      for (let step = 0; step < seconds * 10; step += 1) {
        sample.nowMs += 100
        sample.sentBytes += rate * 100
        limit.record(sample)
      }
    },
  }
}

test('allows as many PUTs as end within 15 s together on a slow connection', () => {
  const { limit, sample, send } = setup()
  send(10, 2_000)
  expect([limit.rate(), limit.count(sample)]).toEqual([2_000, 3])
})

test('keeps the rate over a pause, and measures it again afterwards', () => {
  const { limit, sample, send } = setup()
  send(10, 2_000)
  sample.nowMs += 60_000
  limit.record(sample)
  expect(limit.rate()).toBe(2_000)
  send(10, 4_000)
  expect(limit.rate()).toBe(4_000)
})

test('has no recent rate in the first seconds after a gap', () => {
  const { limit, sample, send } = setup()
  send(10, 2_000)
  expect(limit.recentRate()).toBe(2_000)
  sample.nowMs += 2_100
  send(2, 2_000)
  expect(limit.recentRate()).toBe(null)
  send(3, 2_000)
  expect(limit.recentRate()).toBe(2_000)
})

test('takes the user’s limit for the rate until a lower one is measured', () => {
  const { limit, sample, send } = setup()
  sample.limitBytesPerSecond = 2_000_000
  expect(limit.count(sample)).toBe(3)
  send(10, 1_000)
  expect(limit.count(sample)).toBe(1)
})

test('follows a limit that was lowered since the rate was measured', () => {
  const { limit, sample, send } = setup()
  send(10, 100_000)
  expect(limit.count(sample)).toBe(Infinity)
  sample.limitBytesPerSecond = 2_000_000
  expect(limit.count(sample)).toBe(3)
})

test('does not limit the PUTs without anything to send', () => {
  const { limit, sample, send } = setup()
  send(10, 2_000)
  sample.largestBytes = 0
  expect(limit.count(sample)).toBe(Infinity)
})
