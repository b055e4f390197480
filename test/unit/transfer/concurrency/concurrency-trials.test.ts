import { expect, test } from 'vitest'
import { ConcurrencyController } from '../../../../electron/transfer/concurrency/concurrency-controller.ts'

type RateOf = (requests: number, seconds: number) => number

interface Conditions {
  readonly maximum?: number
  readonly initial?: number
  /** Size of each part; without one, what is at stake is not limited. */
  readonly partBytes?: number
}

/**
 * A controller on a connection that has this rate, in bytes per millisecond, with so many requests after so many
 * seconds, without bursts or noise. As many requests run as it allows.
 */
function setup(rateOf: RateOf, { partBytes = 0, ...options }: Conditions = {}) {
  const controller = new ConcurrencyController({
    maximum: 64,
    initial: 4,
    nowMs: 0,
    limitsStake: partBytes > 0,
    ...options,
  })
  let nowMs = 0
  let sentBytes = 0
  let limitBytesPerSecond: number | null = null
  /** Runs until a second; returns the limits and the seconds at which each began. */
  function changesUntil(second: number) {
    const changes = [{ limit: controller.limit, second: nowMs / 1_000 }]
    while (nowMs < second * 1_000) {
      nowMs += 100
      const limit = (limitBytesPerSecond ?? Infinity) / 1_000
      sentBytes += Math.min(limit, rateOf(controller.limit, nowMs / 1_000)) * 100
      const sample = { nowMs, sentBytes, inUse: controller.limit, hasWaiting: true }
      controller.record({ ...sample, limitBytesPerSecond, largestBytes: partBytes })
      if (controller.limit !== changes.at(-1)?.limit)
        changes.push({ limit: controller.limit, second: nowMs / 1_000 })
    }
    return changes
  }
  return {
    setUserLimit: (bytesPerSecond: number | null) => void (limitBytesPerSecond = bytesPerSecond),
    changesUntil,
    limitsUntil: (second: number) => changesUntil(second).map(({ limit }) => limit),
  }
}

const proportional: RateOf = (requests) => 1_000 * requests
/** Each further request than four brings this share of what one of them brings. */
const following =
  (share: number): RateOf =>
  (requests) =>
    1_000 * (1 + share * (requests / 4 - 1))
/** More than four requests change the throughput to this share. */
const beyondFour =
  (share: number): RateOf =>
  (requests) =>
    requests > 4 ? 4_000 * share : 4_000

test.each<[string, RateOf, readonly number[]]>([
  ['doubles its requests while further ones bring most of their share', following(0.8), [4, 8, 16, 32, 64]],
  ['adds fewer requests while further ones bring half of their share', following(0.45), [4, 8, 10]],
  ['uses fewer requests if further ones bring little', following(0.1), [4, 8, 6]],
  // Twice as many requests achieve 1.4 times as much.
  [
    'adds a quarter as long as further requests bring less than their share',
    (requests) => requests ** 0.485,
    [4, 8, 10, 12, 15, 18, 22],
  ],
  ['returns step by step from requests that change little', beyondFour(0.99), [4, 8, 6, 5, 4]],
  ['returns at once from requests that lower the throughput', beyondFour(0.9), [4, 8, 4]],
])('%s', (_, rateOf, expected) => {
  expect(setup(rateOf).limitsUntil(60).slice(0, expected.length)).toEqual(expected)
})

test.each([
  ['keeps fewer requests that have almost the same throughput', 0.99, [4, 8, 16, 13]],
  ['returns from fewer requests that lower the throughput', 0.9, [4, 8, 16, 13, 16]],
])('%s', (_, share, expected) => {
  const rateOf = (requests: number) => (requests === 13 ? 16_000 * share : 1_000 * requests)
  expect(setup(rateOf, { maximum: 16 }).limitsUntil(30)).toEqual(expected)
})

test('tries fewer requests at intervals that double once and then stay the same', () => {
  const changes = setup(proportional).changesUntil(250)
  const trials = changes.filter(({ limit, second }) => second > 20 && limit < 64)
  const [first = 0, second = 0, third = 0, fourth = 0] = trials
    .slice(1)
    .map((trial, index) => trial.second - (trials[index]?.second ?? 0))
  expect(second / first).toBeGreaterThan(1.8)
  expect([third, fourth].map((gap) => gap / second)).toEqual([expect.closeTo(1), expect.closeTo(1)])
})

test('tries no fewer requests after a moment in which the connection was slower', () => {
  const { limitsUntil } = setup(
    (requests, seconds) => (seconds > 60 && seconds < 62 ? 0.5 : 1) * 1_000 * requests,
  )
  expect(limitsUntil(60).at(-1)).toBe(64)
  expect(limitsUntil(75)).toEqual([64])
})

test('a new limit of the user is tried at once, also with large parts', () => {
  const afterTrial = setup(proportional, { maximum: 8 })
  expect(afterTrial.limitsUntil(94).at(-1)).toBe(8)
  afterTrial.setUserLimit(100_000_000)
  expect(afterTrial.limitsUntil(110)).toEqual([8, 6])
  const afterStakeTrial = setup(() => 5_000, { partBytes: 100_000_000 })
  expect(afterStakeTrial.limitsUntil(60)).toEqual([4, 1, 2, 1])
  afterStakeTrial.setUserLimit(100_000_000)
  expect(afterStakeTrial.limitsUntil(75)).toEqual([1, 2])
})

test('uses as many requests as the user’s limit needs, and as it allows to be at stake', () => {
  const { setUserLimit, limitsUntil } = setup(proportional, { partBytes: 5_000_000 })
  setUserLimit(10_000_000)
  expect(limitsUntil(120)).toEqual([4, 8, 16])
  setUserLimit(20_000_000)
  expect(limitsUntil(180)).toEqual([16, 32])
  setUserLimit(2_000_000)
  expect(limitsUntil(240)).toEqual([32, 6])
  setUserLimit(null)
  expect(limitsUntil(260)).toEqual([6, 12, 24, 48, 64])
})

const partBytes = 100_000_000

test('a trial that puts more at stake for nothing is repeated only after minutes', () => {
  const changes = setup(() => 5_000, { partBytes }).changesUntil(600)
  expect(changes.slice(0, 6).map(({ limit }) => limit)).toEqual([4, 1, 2, 1, 2, 1])
  const [, , first, , second] = changes
  expect((second?.second ?? 0) - (first?.second ?? 0)).toBeGreaterThan(180)
})

test('puts more at stake if that fills a slow connection', () => {
  const limits = setup((requests) => Math.min(1_000 * requests, 8_000), { partBytes }).limitsUntil(400)
  expect(limits.slice(0, 6)).toEqual([4, 1, 2, 4, 8, 16])
  expect(Math.min(...limits.slice(6))).toBeGreaterThanOrEqual(7)
  expect(limits.at(-1)).toBeLessThanOrEqual(11)
})

test('puts less at stake within seconds of a connection becoming slow', () => {
  const { limitsUntil } = setup((_, seconds) => (seconds < 30 ? 100_000 : 5_000), { partBytes })
  expect(limitsUntil(30).at(-1)).toBeGreaterThan(4)
  expect(limitsUntil(50).at(-1)).toBe(1)
})
