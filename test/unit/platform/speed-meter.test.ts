import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createSpeedMeter, speedScaleFor } from '../../../electron/platform/speed-meter.ts'
import { standingClock } from '../../support/hand-clock.ts'

function setup() {
  const clock = standingClock()
  const meter = createSpeedMeter(clock.now)
  let movedBytes = 0
  return {
    meter,
    clock,
    after(ms: number, bytes: number) {
      clock.advance(ms)
      movedBytes = bytes
      meter.sample(bytes)
    },
    /** Moves bytes at a constant rate with ten reports a second; returns the result of `read` after each. */
    flow<Found>(ms: number, bytesPerSecond: number, read: () => Found): Found[] {
      return Array.from({ length: ms / 100 }, () => {
        clock.advance(100)
        meter.sample((movedBytes += bytesPerSecond / 10))
        return read()
      })
    },
  }
}

test('shows a time left that always matches the speed shown', () => {
  const period = fc.record({
    ms: fc.integer({ min: 1, max: 200 }).map((tenths) => tenths * 100),
    bytesPerSecond: fc.integer({ min: 0, max: 200_000_000 }),
  })
  fc.assert(
    fc.property(
      fc.array(period, { minLength: 1, maxLength: 8 }),
      fc.integer({ min: 1, max: 100_000_000_000 }),
      (periods, leftBytes) => {
        const { meter, flow } = setup()
        for (const { ms, bytesPerSecond } of periods)
          flow(ms, bytesPerSecond, () => {
            const [speed, seconds] = [meter.bytesPerSecond(), meter.secondsLeft(leftBytes)]
            if (speed === null || speed < 1) expect(seconds).toBeNull()
            else expect([null, Math.ceil(leftBytes / speed)]).toContain(seconds)
          })
      },
    ),
    { numRuns: 40 },
  )
})

test('ignores bytes that have to be sent again', () => {
  const { meter, after } = setup()
  after(0, 0)
  after(1_000, 1_000)
  after(1_000, 500)
  after(2_000, 2_500)
  expect(meter.bytesPerSecond()).toBe(750)
})

test('restarts after a pause and ignores bytes stored before', () => {
  const { meter, clock, after } = setup()
  after(0, 0)
  after(5_000, 1_000_000)
  meter.rest()
  expect([meter.bytesPerSecond(), meter.secondsLeft(1_000)]).toEqual([null, null])
  clock.advance(60_000)
  after(0, 900_000)
  after(2_000, 900_600)
  expect(meter.bytesPerSecond()).toBe(300)
})

test('shows a stall after six seconds: zero speed and no time left', () => {
  const { meter, flow } = setup()
  flow(20_000, 1_000_000, () => undefined)
  expect(meter.secondsLeft(10_000_000)).toBe(10)
  flow(5_900, 0, () => undefined)
  expect(meter.bytesPerSecond()).toBeGreaterThan(0)
  flow(300, 0, () => undefined)
  expect([meter.bytesPerSecond(), meter.secondsLeft(10_000_000)]).toEqual([0, null])
  expect(flow(12_000, 1_000_000, () => meter.secondsLeft(10_000_000)).at(-1)).toBeLessThan(15)
})

test.each([
  ['rises', [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 10_000_000],
  ['falls from a burst', [100, 100, 100, 10, 10, 10, 10], 10_000_000],
])('estimates no time left while the speed %s, and then a true one', (_name, starts, bytesPerSecond) => {
  const { meter, flow } = setup()
  const leftBytes = 12_000_000_000
  const read = () => meter.secondsLeft(leftBytes)
  flow(3_000, 0, read)
  const early = starts.flatMap((megabytes) => flow(1_000, megabytes * 1_000_000, read))
  expect(early.filter((seconds) => seconds !== null)).toEqual([])
  const [first = NaN] = flow(20_000, bytesPerSecond, read).filter((seconds) => seconds !== null)
  expect(first * bytesPerSecond).toBeGreaterThan(leftBytes / 1.3)
  expect(first * bytesPerSecond).toBeLessThan(leftBytes * 1.3)
})

test('a lower limit reduces the speed and the time left at once', () => {
  const { meter, flow } = setup()
  flow(6_000, 1_000, () => undefined)
  const scale = speedScaleFor(1_000, 250)
  expect([meter.bytesPerSecond(scale), meter.secondsLeft(1_000, scale)]).toEqual([250, 4])
  expect([speedScaleFor(1_000, null), speedScaleFor(1_000, 1_000), speedScaleFor(0, 0)]).toEqual([1, 1, 1])
})
