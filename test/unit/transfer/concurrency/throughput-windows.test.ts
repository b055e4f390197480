import { expect, test } from 'vitest'
import {
  createThroughputWindows,
  type Measurement,
} from '../../../../electron/transfer/concurrency/throughput-windows.ts'

interface State {
  readonly limit?: number
  readonly inUse?: number
  /** Bytes per millisecond. */
  readonly rate?: number
  readonly hasWaiting?: boolean
}

/** Windows of four requests of a connection that is sampled every 100 ms. */
function setup() {
  const windows = createThroughputWindows(0)
  let nowMs = 0
  let sentBytes = 0
  return {
    windows,
    /** Nothing is recorded meanwhile. */
    sleep: (ms: number) => void (nowMs += ms),
    /** Returns what is measured during so many seconds. */
    run(seconds: number, { limit = 4, inUse = limit, rate = 10, hasWaiting = true }: State = {}) {
      const measured: Measurement[] = []
      for (let count = 0; count < seconds * 10; count += 1) {
        nowMs += 100
        sentBytes += rate * 100
        const given = { hasWaiting, limitBytesPerSecond: null, largestBytes: 0 }
        const measurement = windows.record({ nowMs, inUse, sentBytes, ...given }, limit)
        if (measurement) measured.push(measurement)
      }
      return measured
    },
  }
}

const measured = (given: Partial<Measurement> = {}): Measurement => ({
  rate: 10,
  wasBusy: true,
  hadWaiting: true,
  isEarly: false,
  ...given,
})

test('measures new connections once, and then only what has settled', () => {
  const { run } = setup()
  expect(run(4, { rate: 40 })).toEqual([measured({ rate: 40, isEarly: true })])
  expect(run(5)).toEqual([measured(), measured()])
})

test('gives connections twice as long to settle after a failed trial', () => {
  const { run, windows } = setup()
  run(8)
  windows.restart(2)
  expect(run(8, { rate: 40 })).toEqual([measured({ rate: 40, isEarly: true })])
  expect(run(3)).toEqual([measured()])
})

test('measures fewer than four requests twice as often', () => {
  const few = setup()
  few.run(6, { limit: 3 })
  const four = setup()
  four.run(6)
  expect([few.run(6, { limit: 3 }), four.run(6)].map(({ length }) => length)).toEqual([6, 3])
})

test.each([
  [200, true],
  [300, false],
])('a window with %i ms of free slots counts as busy: %s', (freeMs, wasBusy) => {
  const { run } = setup()
  run(6.1)
  run(freeMs / 1_000, { inUse: 3 })
  expect(run(2 - freeMs / 1_000)).toEqual([measured({ wasBusy })])
})

test.each([
  [1_000, false],
  [1_100, true],
])('more slots would have been used if a file waited for %i of 2,000 ms: %s', (waitingMs, hadWaiting) => {
  const { run } = setup()
  run(6.1)
  run(waitingMs / 1_000)
  expect(run(2 - waitingMs / 1_000, { hasWaiting: false })).toEqual([measured({ hadWaiting })])
})

test('measures nothing while more or fewer requests run than the limit allows', () => {
  const { run } = setup()
  expect([...run(20, { inUse: 5 }), ...run(20, { inUse: 3 })]).toEqual([])
  // Only then they begin to settle.
  expect(run(4)).toEqual([measured({ isEarly: true })])
})

test('starts over after two seconds without a byte, in which connections may have changed', () => {
  const { run } = setup()
  run(6.1)
  expect(run(1.9, { rate: 0 })).toEqual([])
  expect(run(2.1)).toEqual([measured({ rate: 0.5 }), measured()])
  run(1)
  run(2.1, { rate: 0 })
  expect(run(4)).toEqual([measured({ isEarly: true })])
})

test('a window without a byte is no measurement, and what follows has to settle again', () => {
  const { run } = setup()
  const few = { limit: 3 }
  run(5.1, few)
  expect(run(1, { ...few, rate: 0 })).toEqual([])
  expect(run(2, few)).toEqual([measured({ isEarly: true })])
})

test('measures nothing over a sleep after which a file requests a slot before bytes are sent', () => {
  const { run, sleep } = setup()
  run(5)
  sleep(60_000)
  expect(run(0.1, { rate: 0 })).toEqual([])
  expect(run(3.5)).toEqual([measured({ isEarly: true })])
})
