import { expect, test } from 'vitest'
import { createTrialDrain } from '../../../../electron/transfer/concurrency/trial-drain.ts'

/** Samples each 100 ms. Two PUTs achieve 20 bytes per millisecond, one 10, unless a rate is given. */
function setup() {
  const drain = createTrialDrain()
  let nowMs = 0
  let sentBytes = 0
  return {
    drain,
    /** Runs `inUse` PUTs; returns what was found meanwhile. */
    run(inUse: number, seconds: number, rate = inUse * 10) {
      const found: unknown[] = []
      for (let count = 0; count < seconds * 10; count += 1) {
        nowMs += 100
        sentBytes += rate * 100
        const limits = { hasWaiting: true, limitBytesPerSecond: null, largestBytes: 1 }
        const drained = drain.record({ nowMs, sentBytes, inUse, ...limits })
        if (drained) found.push(drained)
      }
      return found
    },
  }
}

const both = { fewer: { count: 1, rate: 10 }, more: { count: 2, rate: 20 } }

test('finds what both numbers of PUTs achieve, each over ten seconds, once', () => {
  const { drain, run } = setup()
  run(1, 5)
  run(2, 20)
  drain.begin(1, 2)
  expect(run(2, 20)).toEqual([])
  expect(run(1, 10)).toEqual([])
  expect(run(1, 2)).toEqual([both])
  expect(run(1, 30)).toEqual([])
})

test('finds nothing without a rejected trial, or after its end', () => {
  const { drain, run } = setup()
  run(2, 20)
  expect(run(1, 20)).toEqual([])
  run(2, 20)
  drain.begin(1, 2)
  run(2, 20)
  drain.clear()
  expect(run(1, 20)).toEqual([])
})

test('finds nothing if the PUTs of the trial end within ten seconds', () => {
  const { drain, run } = setup()
  run(1, 5)
  run(2, 8)
  drain.begin(1, 2)
  run(2, 1)
  expect(run(1, 30)).toEqual([])
})

test('the moment between two parts does not matter', () => {
  const { drain, run } = setup()
  run(2, 10)
  drain.begin(1, 2)
  run(2, 5)
  run(1, 0.5, 20)
  run(2, 5)
  run(1, 5)
  run(0, 0.5, 10)
  expect(run(1, 10)).toEqual([both])
})

test('what was achieved under other conditions does not matter', () => {
  const { drain, run } = setup()
  run(2, 20, 40)
  drain.clear()
  run(2, 5)
  drain.begin(1, 2)
  run(2, 1)
  expect(run(1, 30)).toEqual([])
})

test('the first seconds of new connections do not matter', () => {
  const { drain, run } = setup()
  run(1, 5)
  run(2, 4, 80)
  run(2, 20)
  drain.begin(1, 2)
  run(2, 1)
  expect(run(1, 15)).toEqual([both])
})

test('what was achieved before a silence does not matter', () => {
  const { drain, run } = setup()
  run(2, 20)
  drain.begin(1, 2)
  run(2, 1)
  run(1, 5)
  run(1, 5, 0)
  expect(run(1, 30)).toEqual([])
})

test('the first seconds after a silence do not matter', () => {
  const { drain, run } = setup()
  run(2, 5)
  drain.begin(1, 2)
  run(2, 2.1, 0)
  run(2, 4, 80)
  run(2, 12)
  expect(run(1, 15)).toEqual([both])
})
