import { expect, test } from 'vitest'
import { createSpeedMeter, secondsLeft } from '../../../electron/uploads/speed.ts'
import { standingClock } from '../../support/hand-clock.ts'

function setup() {
  const clock = standingClock()
  const meter = createSpeedMeter(clock.now)
  return {
    meter,
    clock,
    after(ms: number, movedBytes: number) {
      clock.advance(ms)
      meter.sample(movedBytes)
    },
  }
}

test('says nothing before a second and a half of samples', () => {
  const { meter, after } = setup()
  expect(meter.bytesPerSecond()).toBeNull()
  after(0, 0)
  after(1_499, 5_000)
  expect(meter.bytesPerSecond()).toBeNull()
  after(1, 5_000)
  expect(meter.bytesPerSecond()).toBeCloseTo(3_333, 0)
})

test('is the average of the last ten seconds', () => {
  const { meter, after } = setup()
  after(0, 0)
  for (let second = 1; second <= 20; second += 1) after(1_000, second * 100)
  expect(meter.bytesPerSecond()).toBeCloseTo(100)
  for (let second = 1; second <= 11; second += 1) after(1_000, 2_000 + second * 500)
  expect(meter.bytesPerSecond()).toBeCloseTo(500)
})

test('falls while nothing moves', () => {
  const { meter, clock, after } = setup()
  after(0, 0)
  after(2_000, 2_000)
  expect(meter.bytesPerSecond()).toBe(1_000)
  clock.advance(8_000)
  expect(meter.bytesPerSecond()).toBe(200)
})

test('begins anew when the count falls, as after a restart', () => {
  const { meter, after } = setup()
  after(0, 0)
  after(5_000, 1_000_000)
  after(1_000, 0)
  expect(meter.bytesPerSecond()).toBeNull()
  after(2_000, 600)
  expect(meter.bytesPerSecond()).toBe(300)
})

test('the time left is whole seconds, rounded up, and unknown without a speed', () => {
  expect([secondsLeft(1_001, 100), secondsLeft(1, 1_000_000), secondsLeft(0, null)]).toEqual([11, 1, 0])
  expect([secondsLeft(10, null), secondsLeft(10, 0), secondsLeft(10, 0.5)]).toEqual([null, null, null])
})
