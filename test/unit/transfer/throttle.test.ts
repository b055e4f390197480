import { expect, test } from 'vitest'
import { createThrottle, type Throttle } from '../../../electron/transfer/throttle.ts'
import { createTestEnvironment, standingClock, type HandClock } from '../../support/hand-clock.ts'

const tickMs = 25

interface Sender {
  readonly sentBytes: number
  readonly allowed: readonly number[]
  /** Sends within its credit, at most `maxBytes`, as an upload worker does on new credit. */
  send(maxBytes?: number): void
  /** Sends regardless of credit, as a PUT does that had no limit until now. */
  overrun(bytes: number): void
  end(): void
}

function setup(limit: number | null): {
  readonly clock: HandClock
  readonly throttle: Throttle
  open(file: string, sizeBytes?: number): Sender
  /** Lets time pass tick by tick, and calls `each` after every tick. */
  run(ms: number, each: () => void): void
} {
  const clock = standingClock()
  const throttle = createThrottle({ environment: createTestEnvironment(clock) })
  throttle.setLimit(limit)
  return {
    clock,
    throttle,
    open(file, sizeBytes = 1e12) {
      let upTo = 0
      let sentBytes = 0
      const allowed: number[] = []
      const membership = throttle.join({
        file,
        sizeBytes,
        allow(bytes) {
          allowed.push(bytes)
          upTo = bytes
        },
      })
      const recordSent = (bytes: number) => {
        sentBytes += bytes
        if (bytes > 0) membership.recordFlushed(sentBytes)
      }
      return {
        get sentBytes() {
          return sentBytes
        },
        allowed,
        send: (maxBytes = Infinity) =>
          recordSent(Math.max(0, Math.min(upTo - sentBytes, maxBytes, sizeBytes - sentBytes))),
        overrun: recordSent,
        end: () => membership.leave(),
      }
    },
    run(ms, each) {
      for (let at = 0; at < ms; at += tickMs) {
        clock.advance(tickMs)
        each()
      }
    },
  }
}

const sum = (senders: readonly Sender[]) => senders.reduce((total, { sentBytes }) => total + sentBytes, 0)

test.each([
  [100_000, 1],
  [100_000, 8],
  [1_000_000, 1],
  [1_000_000, 8],
  [20_000_000, 8],
  [200_000_000, 1],
  [200_000_000, 64],
])('keeps %i bytes per second over %i PUTs within 1 % in every second', (limit, count) => {
  const { open, run } = setup(limit)
  const puts = Array.from({ length: count }, (_, index) => open(`file ${index % 3}`))
  const shares: number[] = []
  for (let second = 0; second < 10; second += 1) {
    const before = sum(puts)
    run(1_000, () => puts.forEach((put) => put.send()))
    shares.push((sum(puts) - before) / limit)
  }
  expect(shares.filter((share) => Math.abs(share - 1) > 0.01)).toEqual([])
})

test('a file with eight PUTs gets as much as a file with one', () => {
  const { open, run } = setup(8_000_000)
  const many = Array.from({ length: 8 }, () => open('many'))
  const one = open('one')
  run(10_000, () => [...many, one].forEach((put) => put.send()))
  expect(sum(many) / one.sentBytes).toBeCloseTo(1, 1)
})

test('unused bandwidth of a slow file goes to the other one until it is needed again', () => {
  const { open, run } = setup(10_000_000)
  const slow = open('slow')
  const fast = open('fast')
  run(10_000, () => {
    slow.send(25_000)
    fast.send()
  })
  const before = { slow: slow.sentBytes, fast: fast.sentBytes }
  run(10_000, () => [slow, fast].forEach((put) => put.send()))
  const after = { slow: slow.sentBytes - before.slow, fast: fast.sentBytes - before.fast }
  const inFives = (bytes: number) => Math.round(bytes / 5e6) * 5
  expect([before.slow, before.fast, after.slow, after.fast].map(inFives)).toEqual([10, 90, 50, 50])
})

test('grants less than 100 ms of credit after a time without ticks, as after sleep', () => {
  const { clock, open, run } = setup(1_000_000)
  const put = open('a')
  run(1_000, () => put.send())
  const before = put.sentBytes
  clock.advance(60_000)
  put.send()
  expect(put.sentBytes - before).toBeLessThan(100_000)
})

test('applies a new limit from the next tick on', () => {
  const { throttle, open, run } = setup(1_000_000)
  const put = open('a')
  run(1_000, () => put.send())
  throttle.setLimit(100_000)
  const before = put.sentBytes
  run(1_000, () => put.send())
  throttle.setLimit(2_000_000)
  const between = put.sentBytes
  run(1_000, () => put.send())
  expect([before, between - before, put.sentBytes - between].map((bytes) => Math.round(bytes / 1e4))).toEqual(
    [100, 10, 200],
  )
})
