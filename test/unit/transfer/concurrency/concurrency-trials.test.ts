import { expect, test } from 'vitest'
import { ConcurrencyController } from '../../../../electron/transfer/concurrency/concurrency-controller.ts'

type RateOf = (requests: number, seconds: number) => number

interface Conditions {
  readonly maximum?: number
  readonly initial?: number
  /** The latency relative to the usual one, by requests. */
  readonly latency?: (requests: number) => number
  /** Size of each part; without one, what is at stake is not limited. */
  readonly partBytes?: number
}

/**
 * A controller on a connection that has this rate, in bytes per millisecond, with so many requests after so many
 * seconds, without bursts or noise. As many requests run as it allows.
 */
function setup(rateOf: RateOf, { latency, partBytes = 0, ...options }: Conditions = {}) {
  const controller: ConcurrencyController = new ConcurrencyController({
    maximum: 64,
    initial: 4,
    nowMs: 0,
    limitsStake: partBytes > 0,
    ...(latency ? { latencyRatio: () => latency(controller.limit) } : {}),
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
    controller,
    now: () => nowMs,
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
  ['doubles while the throughput follows', proportional, [4, 8, 16, 32, 64]],
  ['doubles if it follows by 60 %', following(0.61), [4, 8, 16, 32, 64]],
  ['takes a smaller step if it follows by less', following(0.59), [4, 8, 10]],
  ['takes a smaller step if it follows by 30 %', following(0.31), [4, 8, 10]],
  ['gives up what brings less', following(0.29), [4, 8, 6]],
  // Twice as many requests achieve 1.4 times as much.
  [
    'takes smaller steps as long as less follows',
    (requests) => requests ** 0.485,
    [4, 8, 10, 12, 15, 18, 22],
  ],
  ['gives up step by step what costs nothing', beyondFour(0.97), [4, 8, 6, 5, 4]],
  ['gives up at once what costs more than 4 %', beyondFour(0.95), [4, 8, 4]],
])('%s', (_, rateOf, expected) => {
  expect(setup(rateOf).limitsUntil(60).slice(0, expected.length)).toEqual(expected)
})

test.each([
  ['keeps fewer requests that lose less than 4 %', 0.97, [4, 8, 16, 13]],
  ['returns from fewer requests that lose more', 0.95, [4, 8, 16, 13, 16]],
])('%s', (_, share, expected) => {
  const rateOf = (requests: number) => (requests === 13 ? 16_000 * share : 1_000 * requests)
  expect(setup(rateOf, { maximum: 16 }).limitsUntil(30)).toEqual(expected)
})

test('tries fewer requests at intervals that double up to some limit', () => {
  const changes = setup(proportional).changesUntil(250)
  const trials = changes.filter(({ limit, second }) => second > 20 && limit < 64)
  const [first = 0, second = 0, third = 0, fourth = 0] = trials
    .slice(1)
    .map((trial, index) => trial.second - (trials[index]?.second ?? 0))
  expect(second / first).toBeGreaterThan(1.8)
  expect([third, fourth].map((gap) => gap / second)).toEqual([expect.closeTo(1), expect.closeTo(1)])
})

test('uses more requests soon after the connection has become faster', () => {
  const { limitsUntil } = setup((requests, seconds) => 1_000 * Math.min(requests, seconds < 60 ? 4 : 64))
  expect(limitsUntil(60).at(-1)).toBe(4)
  expect(limitsUntil(75)).toEqual([4, 5, 10, 20, 40, 64])
})

test('tries fewer requests soon after the connection has become slower, and not after a moment', () => {
  const slowFor = (duration: number) =>
    setup((requests, seconds) => (seconds > 60 && seconds < 60 + duration ? 0.5 : 1) * 1_000 * requests)
  const connections = [2, 20].map(slowFor)
  expect(connections.map(({ limitsUntil }) => limitsUntil(60).at(-1))).toEqual([64, 64])
  expect(connections.map(({ limitsUntil }) => limitsUntil(75))).toEqual([[64], [64, 54]])
})

test('takes a smaller step after congestion, and only after a rest', () => {
  const { controller, now, changesUntil } = setup(proportional)
  changesUntil(20)
  controller.reportCongestion(now())
  const changes = changesUntil(45)
  expect(changes.map(({ limit }) => limit)).toEqual([32, 40, 64])
  expect(changes[1]?.second).toBeGreaterThan(28)
})

test('grows fast to a new maximum although it was resting', () => {
  const { controller, limitsUntil } = setup(proportional, { maximum: 8 })
  // Now it rests for half a minute.
  limitsUntil(136)
  controller.setMaximum(64)
  expect(limitsUntil(160)).toEqual([8, 16, 32, 64])
})

test('a new limit of the user ends each rest', () => {
  const afterTrial = setup(proportional, { maximum: 8 })
  expect(afterTrial.limitsUntil(94).at(-1)).toBe(8)
  afterTrial.setUserLimit(100_000_000)
  expect(afterTrial.limitsUntil(110)).toEqual([8, 6])
  const afterStakeTrial = setup(() => 5_000, { partBytes: 100_000_000 })
  expect(afterStakeTrial.limitsUntil(60)).toEqual([4, 1, 2, 1])
  afterStakeTrial.setUserLimit(100_000_000)
  expect(afterStakeTrial.limitsUntil(75)).toEqual([1, 2])
})

test.each<[string, RateOf, (requests: number) => number, readonly number[]]>([
  ['keeps its requests while latency is not much higher', () => 8_000, () => 2.4, [8]],
  ['keeps fewer requests that lose nothing', () => 8_000, () => 2.5, [8, 5, 3]],
  ['returns if fewer requests lose throughput without lowering latency', proportional, () => 3, [8, 5, 8]],
  [
    'keeps fewer requests that lose little and lower latency',
    (requests) => (requests < 8 ? 7_300 : 8_000),
    (requests) => (requests < 8 ? 2 : 3),
    [8, 5],
  ],
])('%s', (_, rateOf, latency, expected) => {
  expect(setup(rateOf, { initial: 8, maximum: 8, latency }).limitsUntil(19)).toEqual(expected)
})

test('growth that raises latency must bring 60 % of what it brings on an idle connection', () => {
  const latency = (requests: number) => (requests > 8 ? 3 : 1)
  const limits = [0.59, 0.61].map((share) => {
    const rateOf: RateOf = (requests) => 8 * (1 + share * (requests / 8 - 1))
    return setup(rateOf, { initial: 8, maximum: 16, latency }).limitsUntil(13)
  })
  // Even what is kept is then reduced because of the latency.
  expect(limits).toEqual([
    [8, 16, 8],
    [8, 16, 11],
  ])
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

test('tries no more requests while the user’s limit is reached', () => {
  const { setUserLimit, limitsUntil } = setup(() => 20_000, { partBytes: 100_000_000 })
  setUserLimit(10_000_000)
  expect(limitsUntil(300)).toEqual([4, 1])
  setUserLimit(null)
  expect(limitsUntil(310)).toEqual([1, 2, 4])
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
