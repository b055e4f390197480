import { expect, test } from 'vitest'
import { bytesOfParts, createTally, type PartsProgress } from '../../../electron/transfer/parts-progress.ts'

/** Ten bytes a part, the last has five. */
function setup({ done = [], repeated = [] }: { done?: number[]; repeated?: number[] } = {}) {
  const told: PartsProgress[] = []
  const kept = new Set(repeated)
  const onProgress = (progress: PartsProgress) => void told.push(progress)
  const tally = createTally({ sizeBytes: 55, partSizeBytes: 10, done, repeated: kept, onProgress })
  return { tally, told, kept, states: () => tally.map().states }
}

test('a part waits, waits for its URL, is in flight and is sent', () => {
  const { tally, told, states } = setup()
  expect(states()).toBe('wwwwww')
  tally.asking(1)
  tally.asking(6)
  tally.inFlight(6, 0)
  tally.inFlight(6, 3)
  expect(tally.map()).toEqual({
    partSizeBytes: 10,
    states: 'uwwwwf',
    flying: [{ number: 6, bytes: 3 }],
  })
  tally.sent(6, 5)
  expect(tally.map()).toMatchObject({ states: 'uwwwws', flying: [] })
  expect(told.at(-1)).toEqual({ sentBytes: 5, inFlightBytes: 0, reachedByte: 53 })
})

test('what storage had before is told apart from what goes now', () => {
  const { tally, told, states } = setup({ done: [2, 6] })
  tally.tell()
  expect(told).toEqual([{ sentBytes: 15, inFlightBytes: 0, reachedByte: 55 }])
  tally.inFlight(1, 10)
  tally.sent(1, 10)
  expect(states()).toBe('sbwwwb')
})

test('a part that broke off has gone out more than once from then on, and in the next run too', () => {
  const { tally, told, kept, states } = setup()
  tally.inFlight(3, 7)
  tally.again(3)
  expect(states()).toBe('wwWwww')
  expect(told.at(-1)).toMatchObject({ sentBytes: 0, inFlightBytes: 0 })
  tally.asking(3)
  tally.inFlight(3, 1)
  expect(states()).toBe('wwFwww')
  tally.sent(3, 10)
  expect(states()).toBe('wwSwww')
  const next = setup({ done: [3], repeated: [...kept] })
  expect(next.states()).toBe('wwBwww')
})

test('a part of which nothing had gone out repeats nothing', () => {
  const { tally, states } = setup()
  tally.inFlight(3, 0)
  tally.again(3)
  expect(states()).toBe('wwwwww')
})

test('the last part of a file is as short as it is', () => {
  expect(bytesOfParts([1, 6], { sizeBytes: 55, partSizeBytes: 10 })).toBe(15)
  expect(bytesOfParts([], { sizeBytes: 55, partSizeBytes: 10 })).toBe(0)
})
