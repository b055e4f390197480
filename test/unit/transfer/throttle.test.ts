import { expect, test } from 'vitest'
import { createThrottle, type Throttle } from '../../../electron/transfer/throttle.ts'
import { standingClock, type HandClock } from '../../support/hand-clock.ts'

const beatMs = 25

interface Sender {
  readonly sentBytes: number
  readonly allowed: readonly number[]
  /** Sends what it may, at most so much, as a worker does on the news of new credit. */
  send(mostBytes?: number): void
  /** Sends so much whatever it may, as a PUT does that had no limit until now. */
  overrun(bytes: number): void
  end(): void
}

function setup(limit: number | null): {
  readonly clock: HandClock
  readonly throttle: Throttle
  open(file: string, sizeBytes?: number): Sender
  /** Lets time pass beat by beat; `each` stands for what the PUTs do in between. */
  run(ms: number, each: () => void): void
} {
  const clock = standingClock()
  const throttle = createThrottle({ environment: clock })
  throttle.setLimit(limit)
  return {
    clock,
    throttle,
    open(file, sizeBytes = 1e12) {
      let upTo = 0
      let sentBytes = 0
      const allowed: number[] = []
      const turn = throttle.join({
        file,
        sizeBytes,
        allow(bytes) {
          allowed.push(bytes)
          upTo = bytes
        },
      })
      const move = (bytes: number) => {
        sentBytes += bytes
        if (bytes > 0) turn.moved(sentBytes)
      }
      return {
        get sentBytes() {
          return sentBytes
        },
        allowed,
        send: (mostBytes = Infinity) =>
          move(Math.max(0, Math.min(upTo - sentBytes, mostBytes, sizeBytes - sentBytes))),
        overrun: move,
        end: () => turn.end(),
      }
    },
    run(ms, each) {
      for (let at = 0; at < ms; at += beatMs) {
        clock.advance(beatMs)
        each()
      }
    },
  }
}

const sum = (senders: readonly Sender[]) => senders.reduce((total, { sentBytes }) => total + sentBytes, 0)

test('without a limit a PUT is let go once, and no timer runs', () => {
  const { clock, open } = setup(null)
  const put = open('a')
  put.overrun(5e9)
  expect([put.allowed, clock.waits()]).toEqual([[Infinity], []])
})

test.each([
  [100_000, 1],
  [100_000, 8],
  [1_000_000, 1],
  [1_000_000, 8],
  [20_000_000, 8],
  [200_000_000, 1],
  [200_000_000, 64],
])('%i bytes a second over %i PUTs: every second gets the limit, within a hundredth', (limit, count) => {
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

test('no time of half a second brings more than its share, the first one neither', () => {
  const { open, run } = setup(1_000_000)
  const puts = Array.from({ length: 8 }, (_, index) => open(`file ${index}`))
  const sent: number[] = [0]
  run(10_000, () => {
    puts.forEach((put) => put.send())
    sent.push(sum(puts))
  })
  const windows = sent.slice(20).map((bytes, index) => bytes - (sent[index] ?? 0))
  expect(Math.max(...windows)).toBeLessThanOrEqual(505_000)
})

test('a file with eight PUTs gets what a file with one gets', () => {
  const { open, run } = setup(8_000_000)
  const many = Array.from({ length: 8 }, () => open('many'))
  const one = open('one')
  run(10_000, () => [...many, one].forEach((put) => put.send()))
  expect(sum(many) / one.sentBytes).toBeCloseTo(1, 1)
})

test('what a slow file leaves goes to the other one, and comes back when it wants it again', () => {
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

test('a line that was slow and becomes fast has no hoard to send at once', () => {
  const { open, run } = setup(10_000_000)
  const puts = Array.from({ length: 16 }, (_, index) => open(`file ${index}`))
  run(20_000, () => puts.forEach((put) => put.send(1_000)))
  const before = sum(puts)
  run(1_000, () => puts.forEach((put) => put.send()))
  expect(sum(puts) - before).toBeLessThan(11_000_000)
})

test('after an hour without a PUT the first second is like any other', () => {
  const { clock, open, run } = setup(1_000_000)
  open('before').end()
  clock.advance(3_600_000)
  const put = open('after')
  run(1_000, () => put.send())
  expect(Math.round(put.sentBytes / 10_000)).toBe(100)
})

test('after a second in which nobody beat, as in a sleeping computer, less than a tenth of a second is made up for', () => {
  const { clock, open, run } = setup(1_000_000)
  const put = open('a')
  run(1_000, () => put.send())
  const before = put.sentBytes
  clock.advance(60_000)
  put.send()
  expect(put.sentBytes - before).toBeLessThan(100_000)
})

test('a new limit holds from the next beat on', () => {
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

test('a limit set while a PUT runs stops it where it is, and what it sent before is not held against it', () => {
  const { throttle, open, run } = setup(null)
  const put = open('a')
  put.overrun(700_000_000)
  throttle.setLimit(1_000_000)
  expect(put.allowed).toEqual([Infinity, 700_000_000])
  // The thread had gone further before it heard of it.
  put.overrun(50_000_000)
  run(1_000, () => put.send())
  expect(Math.round((put.sentBytes - 750_000_000) / 1e4)).toBe(100)
})

test('a limit that is lifted lets all PUTs go and ends the beat', () => {
  const { clock, throttle, open, run } = setup(1_000)
  const put = open('a')
  run(1_000, () => put.send())
  throttle.setLimit(null)
  expect([put.allowed.at(-1), clock.waits(), throttle.limit]).toEqual([Infinity, [], null])
})

test('the beat runs while there are PUTs, and ends with the last one', () => {
  const { clock, open } = setup(1_000)
  const waits = [clock.waits()]
  const put = open('a')
  waits.push(clock.waits())
  put.end()
  waits.push(clock.waits())
  expect(waits).toEqual([[], [beatMs], []])
})

test('a PUT is never granted more than it has to send', () => {
  const { open, run } = setup(1_000_000)
  const put = open('a', 10_001)
  run(1_000, () => put.send())
  expect([put.sentBytes, Math.max(...put.allowed)]).toEqual([10_001, 10_001])
})

test('a PUT that never takes its credit, such as one whose server is silent, does not slow the others down', () => {
  const { open, run } = setup(1_000_000)
  for (let index = 0; index < 6; index += 1) open('silent')
  const put = open('a')
  run(2_000, () => put.send())
  expect(put.sentBytes).toBeGreaterThan(1_850_000)
})
