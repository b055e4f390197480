import { expect, test } from 'vitest'
import { ConcurrencyController } from '../../../../electron/transfer/concurrency/concurrency-controller.ts'

/** Depends on the number of requests and the seconds since the start. */
type Course = (requests: number, seconds: number) => number

interface Conditions {
  /** Bytes per millisecond. */
  readonly rate: Course
  readonly maximum?: number
  /** The latency relative to the usual one. */
  readonly latency?: Course
  /** Size of each part; without one, what is at stake is not limited. */
  readonly partBytes?: number
  /** Requests beyond a lowered limit run until their part ends. */
  readonly finishesParts?: boolean
  readonly limitBytesPerSecond?: number
}

/** A controller on a connection without bursts or noise, whose limits are listed with the second of each change. */
function setup({ rate, latency, partBytes = 0, finishesParts = false, maximum = 64, ...given }: Conditions) {
  let nowMs = 0
  const controller: ConcurrencyController = new ConcurrencyController({
    maximum,
    initial: 4,
    nowMs,
    limitsStake: partBytes > 0,
    ...(latency && { latencyRatio: () => latency(controller.limit, nowMs / 1_000) }),
  })
  let limitBytesPerSecond = given.limitBytesPerSecond ?? null
  let sentBytes = 0
  let inUse = 0
  let limit = controller.limit
  function runUntil(second: number): string {
    const changes: string[] = []
    while (nowMs < second * 1_000) {
      nowMs += 100
      inUse = Math.max(inUse, controller.limit)
      const partsBefore = Math.floor(sentBytes / partBytes)
      sentBytes += Math.min((limitBytesPerSecond ?? Infinity) / 1_000, rate(inUse, nowMs / 1_000)) * 100
      const partsEnded = finishesParts ? Math.floor(sentBytes / partBytes) - partsBefore : inUse
      inUse = Math.max(controller.limit, inUse - partsEnded)
      const sample = { nowMs, sentBytes, inUse, hasWaiting: true }
      controller.record({ ...sample, limitBytesPerSecond, largestBytes: partBytes })
      if (controller.limit === limit) continue
      limit = controller.limit
      changes.push(`${limit} at ${nowMs / 1_000}`)
    }
    return changes.join(', ')
  }
  return {
    controller,
    runUntil,
    setUserLimit: (bytesPerSecond: number | null) => void (limitBytesPerSecond = bytesPerSecond),
  }
}

const proportional: Course = (requests) => 1_000 * requests
const saturated =
  (total: number): Course =>
  (requests) =>
    Math.min(1_000 * requests, total)
/** Each further request than four brings this share of what one of them brings. */
const following =
  (share: number): Course =>
  (requests) =>
    1_000 * (1 + share * (requests / 4 - 1))
/** More than four requests change the throughput to this share. */
const beyondFour =
  (share: number): Course =>
  (requests) =>
    requests > 4 ? 4_000 * share : 4_000
/** After 112 s, all requests achieve so many times as much. */
const changing =
  (factor: number): Course =>
  (requests, seconds) =>
    1_000 * requests * (seconds > 112 ? factor : 1)
const partBytes = 100_000_000

test.each<[string, Conditions, number, string]>([
  [
    'doubles while further requests bring 60 % of their share, then tries fewer at growing intervals',
    { rate: following(0.61) },
    150,
    '8 at 6.1, 16 at 9.2, 32 at 12.3, 64 at 15.4, 54 at 27.5, 64 at 33.6, 54 at 49.7, 64 at 59.8, 54 at 91.9, 64 at 102, 54 at 134.1, 64 at 144.2',
  ],
  [
    'tries smaller steps while further requests bring less than 60 %',
    { rate: following(0.59) },
    60,
    '8 at 6.1, 10 at 12.2, 20 at 15.3, 40 at 18.4, 64 at 21.5, 54 at 33.6, 64 at 39.7, 54 at 55.8',
  ],
  [
    'tries one step more while further requests bring more than 30 %',
    { rate: following(0.31) },
    60,
    '8 at 6.1, 10 at 12.2, 12 at 18.3, 15 at 24.4, 18 at 30.5, 36 at 33.6, 64 at 36.7, 54 at 48.8, 64 at 54.9',
  ],
  [
    'tries fewer requests if further ones bring less than 30 %',
    { rate: following(0.29) },
    80,
    '8 at 6.1, 6 at 20.2, 8 at 26.3, 10 at 42.4, 12 at 52.5, 15 at 58.6, 18 at 64.7, 36 at 67.8, 64 at 70.9',
  ],
  [
    'rarely tries more requests that bring a tenth',
    { rate: following(0.1) },
    130,
    '8 at 6.1, 6 at 20.2, 8 at 26.3, 10 at 42.4, 8 at 84.5, 10 at 94.6, 12 at 126.7',
  ],
  [
    'returns step by step from requests that lose less than 4 %',
    { rate: beyondFour(0.97) },
    100,
    '8 at 6.1, 6 at 20.2, 5 at 34.3, 4 at 48.4, 5 at 62.5, 4 at 84.6, 5 at 98.7',
  ],
  [
    'returns at once from requests that lose more than 4 %',
    { rate: beyondFour(0.95) },
    100,
    '8 at 6.1, 4 at 12.2, 5 at 22.3, 4 at 32.4, 5 at 48.5, 4 at 58.6, 5 at 90.7',
  ],
  [
    'keeps fewer requests that lose less than 4 %',
    { rate: (requests) => (requests === 13 ? 15_520 : 1_000 * requests), maximum: 16 },
    40,
    '8 at 6.1, 16 at 9.2, 13 at 21.3, 16 at 35.4',
  ],
  [
    'returns from fewer requests that lose more than 4 %',
    { rate: (requests) => (requests === 13 ? 15_200 : 1_000 * requests), maximum: 16 },
    60,
    '8 at 6.1, 16 at 9.2, 13 at 21.3, 16 at 27.4, 13 at 43.5, 16 at 53.6',
  ],
  [
    'waits for the next trial when the connection becomes faster by 48 %',
    { rate: changing(1.48) },
    136,
    '8 at 6.1, 16 at 9.2, 32 at 12.3, 64 at 15.4, 54 at 27.5, 64 at 33.6, 54 at 49.7, 64 at 59.8, 54 at 91.9, 64 at 102, 54 at 134.1',
  ],
  [
    'begins a trial when the connection becomes faster by 52 %',
    { rate: changing(1.52) },
    136,
    '8 at 6.1, 16 at 9.2, 32 at 12.3, 64 at 15.4, 54 at 27.5, 64 at 33.6, 54 at 49.7, 64 at 59.8, 54 at 91.9, 64 at 102, 54 at 116.1, 64 at 126.2',
  ],
  [
    'waits for the next trial when the connection becomes slower by 37 %',
    { rate: changing(0.63) },
    136,
    '8 at 6.1, 16 at 9.2, 32 at 12.3, 64 at 15.4, 54 at 27.5, 64 at 33.6, 54 at 49.7, 64 at 59.8, 54 at 91.9, 64 at 102, 54 at 134.1',
  ],
  [
    'begins a trial when the connection becomes slower by 39 %',
    { rate: changing(0.61) },
    136,
    '8 at 6.1, 16 at 9.2, 32 at 12.3, 64 at 15.4, 54 at 27.5, 64 at 33.6, 54 at 49.7, 64 at 59.8, 54 at 91.9, 64 at 102, 54 at 116.1, 64 at 126.2',
  ],
  [
    'grows fast again when a saturated connection becomes faster',
    { rate: (requests, seconds) => (seconds < 60 ? 1_000 * Math.min(requests, 8) : 2_000 * requests) },
    110,
    '8 at 6.1, 16 at 9.2, 20 at 17.3, 17 at 31.4, 14 at 45.5, 11 at 59.6, 9 at 73.7, 11 at 79.8, 13 at 95.9, 26 at 99, 52 at 102.1, 64 at 105.2',
  ],
  [
    'tries fewer requests again when a saturated connection becomes slower',
    { rate: (requests, seconds) => saturated(16_000)(requests, seconds) * (seconds > 60 ? 0.3 : 1) },
    115,
    '8 at 6.1, 16 at 9.2, 32 at 12.3, 40 at 20.4, 34 at 34.5, 28 at 48.6, 23 at 62.7, 28 at 68.8, 23 at 78.9, 19 at 97, 16 at 111.1',
  ],
  [
    'lowers the concurrency whenever latency rises',
    { rate: saturated(8_000), latency: (requests) => (requests > 5 ? requests / 2 : 1) },
    140,
    '8 at 6.1, 16 at 9.2, 8 at 15.3, 5 at 25.4, 8 at 35.5, 6 at 45.6, 8 at 55.7, 10 at 71.8, 7 at 95.9, 10 at 106, 8 at 116.1, 6 at 134.2',
  ],
  [
    'keeps a lower latency for little throughput',
    {
      rate: (requests) => 12_000 * (1 - Math.exp(-requests / 3)),
      latency: (requests) => (requests > 5 ? requests / 2 : 1),
    },
    90,
    '8 at 6.1, 4 at 12.2, 5 at 22.3, 6 at 32.4, 5 at 38.5, 4 at 48.6, 5 at 58.7, 6 at 74.8, 5 at 84.9',
  ],
  [
    'tries less and less often to lower a latency that other traffic causes',
    { rate: proportional, maximum: 16, latency: (_requests, seconds) => (seconds > 30 ? 5 : 1) },
    265,
    '8 at 6.1, 16 at 9.2, 13 at 21.3, 16 at 27.4, 11 at 37.5, 16 at 47.6, 13 at 57.7, 16 at 67.8, 13 at 99.9, 16 at 110, 11 at 120.1, 16 at 130.2, 13 at 142.3, 16 at 152.4, 13 at 184.5, 16 at 194.6, 13 at 226.7, 16 at 236.8, 11 at 250.9, 16 at 261',
  ],
  [
    'puts a second large part at stake for a trial every few minutes',
    { rate: () => 5_000, partBytes },
    740,
    '1 at 0.1, 2 at 5.2, 1 at 10.3, 2 at 227.4, 1 at 236.5, 2 at 460.6, 1 at 469.7, 2 at 725.8, 1 at 734.9',
  ],
  [
    'puts a second smaller part at stake at intervals that double',
    { rate: () => 1_000, partBytes: 10_000_000 },
    560,
    '1 at 0.6, 2 at 5.7, 1 at 10.8, 2 at 131.9, 1 at 141, 2 at 269.1, 1 at 278.2, 2 at 534.3, 1 at 543.4',
  ],
  [
    'repeats the trial with a second large part only after its parts have ended',
    { rate: () => 5_000, partBytes, finishesParts: true },
    810,
    '1 at 0.1, 2 at 65, 1 at 70.1, 2 at 297, 1 at 306.1, 2 at 531, 1 at 540.1, 2 at 797, 1 at 806.1',
  ],
  [
    'puts as many large parts at stake as fill a slow connection',
    { rate: saturated(8_000), partBytes },
    160,
    '1 at 0.1, 2 at 5.2, 4 at 7.3, 8 at 10.4, 16 at 13.5, 20 at 21.6, 16 at 27.7, 13 at 37.8, 11 at 55.9, 9 at 70, 7 at 84.1, 9 at 90.2, 7 at 106.3, 9 at 116.4, 7 at 148.5, 9 at 158.6',
  ],
  [
    'fills a slow connection with large parts that each run to their end',
    { rate: saturated(8_000), partBytes, finishesParts: true },
    400,
    '1 at 0.1, 2 at 113.3, 4 at 115.4, 8 at 118.5, 16 at 121.6, 20 at 129.7, 16 at 135.8, 13 at 188.3, 11 at 233.8, 9 at 267.3, 7 at 304.8, 9 at 334.3, 11 at 350.4, 9 at 360.5, 7 at 393.1',
  ],
  [
    'puts one large part at stake after the connection has become slow',
    { rate: (_requests, seconds) => (seconds < 30 ? 100_000 : 5_000), partBytes },
    70,
    '1 at 0.1, 4 at 0.3, 8 at 6.4, 6 at 20.5, 5 at 32.6, 2 at 38.8, 1 at 44, 2 at 57.1, 1 at 62.2',
  ],
  [
    'puts one large part at stake once those of the fast connection have ended',
    { rate: (_requests, seconds) => (seconds < 30 ? 100_000 : 5_000), partBytes, finishesParts: true },
    160,
    '1 at 0.1, 4 at 0.3, 8 at 6.3, 6 at 20.4, 5 at 34, 1 at 58, 2 at 144.9, 1 at 150',
  ],
  [
    'grows again when a slow connection turns out to need many requests',
    { rate: (requests, seconds) => (seconds < 60 ? 30_000 : 300 * requests), partBytes, finishesParts: true },
    460,
    '1 at 0.1, 4 at 0.6, 8 at 6.6, 6 at 20.7, 5 at 40.7, 4 at 57.4, 5 at 67.9, 1 at 68, 5 at 68.1, 4 at 80.1, 3 at 147.8, 4 at 218.1, 1 at 218.2, 4 at 410, 7 at 420.1, 14 at 423.2, 28 at 426.3, 56 at 429.4, 64 at 432.5, 54 at 444.6',
  ],
  [
    'finds how many parts fill a connection of medium speed',
    { rate: (requests) => Math.min(4_000 * requests, 15_000), partBytes },
    120,
    '1 at 0.1, 2 at 5.2, 4 at 7.3, 8 at 10.4, 10 at 18.5, 8 at 24.6, 6 at 34.7, 5 at 52.8, 4 at 66.9, 3 at 81, 4 at 86.1, 5 at 102.2, 4 at 112.3',
  ],
  [
    'puts as many parts at stake as reach the user’s limit',
    { rate: proportional, partBytes, limitBytesPerSecond: 10_000_000 },
    60,
    '1 at 0.1, 2 at 5.2, 4 at 7.3, 8 at 10.4, 16 at 13.5',
  ],
  [
    'puts no second part at stake to reach the last percent of the user’s limit',
    { rate: (requests) => (requests > 1 ? 9_100 : 8_900), partBytes, limitBytesPerSecond: 10_000_000 },
    300,
    '1 at 0.1, 2 at 5.2, 1 at 7.3, 2 at 136.4, 1 at 138.5, 2 at 275.6, 1 at 277.7',
  ],
  [
    'puts a second part at stake to reach the last third of the user’s limit',
    { rate: (requests) => (requests > 1 ? 9_200 : 7_000), partBytes, limitBytesPerSecond: 10_000_000 },
    301,
    '1 at 0.1, 2 at 5.2',
  ],
  [
    'reaches the user’s limit with large parts that each run to their end',
    { rate: proportional, partBytes, finishesParts: true, limitBytesPerSecond: 10_000_000 },
    130,
    '1 at 0.1, 2 at 113.3, 4 at 115.4, 8 at 118.5, 16 at 121.6',
  ],
  [
    'fills a slow connection whose rate varies by a fifth',
    {
      rate: (requests, seconds) =>
        saturated(8_000)(requests, seconds) * (Math.floor(seconds / 3) % 2 ? 1 : 0.8),
      partBytes,
    },
    320,
    '1 at 0.1, 2 at 5.2, 4 at 7.3, 8 at 10.4, 16 at 13.5, 20 at 21.6, 16 at 27.7, 13 at 37.8, 11 at 55.9, 9 at 70, 7 at 84.1, 5 at 98.2, 7 at 104.3, 5 at 120.4, 7 at 130.5, 5 at 162.6, 7 at 172.7, 10 at 204.8, 7 at 214.9, 5 at 247, 7 at 257.1, 5 at 289.2, 4 at 307.3, 5 at 313.4',
  ],
  [
    'returns to one large part on a connection whose rate varies by two fifths',
    {
      rate: (_requests, seconds) => (Math.floor(seconds / 3) % 2 ? 5_000 : 3_000),
      partBytes,
      finishesParts: true,
    },
    380,
    '1 at 0.1, 2 at 80.6, 4 at 82.7, 5 at 90.8, 4 at 96.9, 3 at 110.4, 2 at 137.2, 1 at 158, 2 at 364.4, 1 at 369.5',
  ],
])('%s', (_, conditions, seconds, expected) => {
  expect(setup(conditions).runUntil(seconds)).toBe(expected)
})

test('halves its requests once for failures within two seconds, and rests before it grows again', () => {
  const { controller, runUntil } = setup({ rate: proportional })
  runUntil(20)
  const limits = [20_000, 21_999, 22_000].map((nowMs) => {
    controller.reportCongestion(nowMs)
    return controller.limit
  })
  expect([limits, runUntil(80)]).toEqual([
    [32, 32, 16],
    '16 at 20.1, 20 at 54.1, 40 at 57.2, 64 at 60.3, 54 at 72.4, 64 at 78.5',
  ])
})

test('tries growth soon after the user’s limit or the maximum has changed', () => {
  const limited = setup({ rate: proportional })
  limited.runUntil(20)
  limited.setUserLimit(10_000_000)
  expect(limited.runUntil(60)).toBe('')
  limited.setUserLimit(null)
  expect(limited.runUntil(100)).toBe('54 at 66.1, 64 at 72.2, 54 at 88.3, 64 at 98.4')
  const { controller, runUntil } = setup({ rate: proportional })
  runUntil(20)
  controller.setMaximum(10)
  expect([controller.limit, runUntil(60)]).toEqual([
    10,
    '10 at 20.1, 8 at 26.1, 10 at 32.2, 8 at 48.3, 10 at 58.4',
  ])
  controller.setMaximum(20)
  expect(runUntil(90)).toBe('20 at 70.1, 17 at 82.2, 20 at 88.3')
})
