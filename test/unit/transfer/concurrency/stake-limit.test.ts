import { expect, test } from 'vitest'
import { createStakeLimit, reachesLimit } from '../../../../electron/transfer/concurrency/stake-limit.ts'
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
  expect(limit.count({ ...sample, largestBytes: partBytes + 1 })).toBe(2)
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
  sample.nowMs += 1_901
  send(3, 2_000)
  expect(limit.recentRate()).toBe(null)
  send(0.1, 2_000)
  expect(limit.recentRate()).toBe(2_000)
})

test('counts a silence of two seconds as part of the recent rate', () => {
  const { limit, sample, send } = setup()
  send(10, 2_000)
  sample.nowMs += 1_900
  send(1, 2_000)
  expect(limit.recentRate()).toBeLessThan(2_000)
})

test('has no rate before the first sample', () => {
  const { limit } = setup()
  expect([limit.rate(), limit.recentRate()]).toEqual([null, null])
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

test.each([
  [10_000_000, 6],
  [64_000_000, 1],
  [100_000_000, 1],
])('assumes that few parts of %i bytes may run before the rate is known: %i', (largestBytes, count) => {
  const { limit, sample } = setup()
  limit.record(sample)
  expect([limit.rate(), limit.count({ ...sample, largestBytes })]).toEqual([null, count])
})

test('allows few parts until the first connections have settled', () => {
  const { limit, sample, send } = setup()
  send(3.9, 10_000)
  expect([limit.rate(), limit.count(sample)]).toEqual([10_000, 6])
  send(0.3, 10_000)
  expect(limit.count(sample)).toBe(15)
})

test.each([
  [20_000, 30],
  [20_100, Infinity],
])('limits nothing from 20 MB/s on: %i bytes per millisecond', (rate, count) => {
  const { limit, sample, send } = setup()
  send(10, rate)
  expect(limit.count(sample)).toBe(count)
})

test.each([
  [99_000, null],
  [101_000, 101_000],
])('takes what the operating system buffers for no rate: %i bytes per millisecond', (rate, expected) => {
  const { limit, send } = setup()
  send(0.2, rate)
  expect(limit.rate()).toBe(expected)
})

test('limits a fast connection while the user’s limit determines its rate', () => {
  const { limit, sample, send } = setup()
  send(10, 30_000)
  expect(limit.count({ ...sample, limitBytesPerSecond: 40_000_000 })).toBe(Infinity)
  expect(limit.count({ ...sample, limitBytesPerSecond: 33_000_000 })).toBe(45)
})

test('leaves a silence of more than 12 s out of the rate', () => {
  const rates = [12_000, 12_001].map((silentMs) => {
    const { limit, sample, send } = setup()
    send(10, 2_000)
    sample.nowMs += silentMs - 100
    send(1, 2_000)
    return limit.rate() ?? 0
  })
  // The shorter one counts as part of the rate.
  expect(rates[0]).toBeLessThan(1_000)
  expect(rates[1]).toBe(2_000)
})

test.each([
  [899, false],
  [901, true],
])('the user’s limit of 1 MB/s determines a rate of %i bytes per millisecond: %s', (rate, isReached) => {
  expect([reachesLimit(rate, 1_000_000), reachesLimit(rate, null)]).toEqual([isReached, false])
})
