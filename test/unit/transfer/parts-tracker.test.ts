import { expect, test } from 'vitest'
import {
  bytesOfParts,
  createPartsTracker,
  type PartsProgress,
} from '../../../electron/transfer/parts-tracker.ts'

/** Parts of ten bytes; the last one has five. */
function setup({ done = [], repeated = [] }: { done?: number[]; repeated?: number[] } = {}) {
  const reports: PartsProgress[] = []
  const repeatedParts = new Set(repeated)
  const onProgress = (progress: PartsProgress) => void reports.push(progress)
  const tracker = createPartsTracker({
    sizeBytes: 55,
    partSizeBytes: 10,
    done,
    repeated: repeatedParts,
    onProgress,
  })
  return { tracker, reports, repeatedParts, states: () => tracker.partMap().states }
}

test('a part waits, awaits its URL, is in flight and is sent', () => {
  const { tracker, reports, states } = setup()
  expect(states()).toBe('wwwwww')
  tracker.markAwaitingUrl(1)
  tracker.markAwaitingUrl(6)
  tracker.markInFlight(6, 0)
  tracker.markInFlight(6, 3)
  expect(tracker.partMap()).toEqual({
    partSizeBytes: 10,
    states: 'uwwwwf',
    flying: [{ number: 6, bytes: 3 }],
  })
  tracker.markSent(6, 5)
  expect(tracker.partMap()).toMatchObject({ states: 'uwwwws', flying: [] })
  expect(reports.at(-1)).toEqual({ sentBytes: 5, inFlightBytes: 0, inFlightParts: 0, reachedByte: 53 })
})

test('distinguishes parts sent before this run from parts sent now', () => {
  const { tracker, reports, states } = setup({ done: [2, 6] })
  tracker.report()
  expect(reports).toEqual([{ sentBytes: 15, inFlightBytes: 0, inFlightParts: 0, reachedByte: 55 }])
  tracker.markInFlight(1, 10)
  tracker.markSent(1, 10)
  expect(states()).toBe('sbwwwb')
})

test('marks a failed part as repeated, in the next run too', () => {
  const { tracker, reports, repeatedParts, states } = setup()
  tracker.markInFlight(3, 7)
  tracker.markForRetry(3)
  expect(states()).toBe('wwWwww')
  expect(reports.at(-1)).toMatchObject({ sentBytes: 0, inFlightBytes: 0 })
  tracker.markAwaitingUrl(3)
  tracker.markInFlight(3, 1)
  expect(states()).toBe('wwFwww')
  tracker.markSent(3, 10)
  expect(states()).toBe('wwSwww')
  const next = setup({ done: [3], repeated: [...repeatedParts] })
  expect(next.states()).toBe('wwBwww')
})

test('does not mark a part as repeated of which nothing was sent', () => {
  const { tracker, states } = setup()
  tracker.markInFlight(3, 0)
  tracker.markForRetry(3)
  expect(states()).toBe('wwwwww')
})

test('counts the actual size of the last part', () => {
  expect(bytesOfParts([1, 6], { sizeBytes: 55, partSizeBytes: 10 })).toBe(15)
  expect(bytesOfParts([], { sizeBytes: 55, partSizeBytes: 10 })).toBe(0)
})

test('reports what is in flight of all parts, and how far the file was read', () => {
  const { tracker, reports } = setup()
  tracker.markInFlight(4, 2)
  tracker.markInFlight(2, 10)
  expect(reports.at(-1)).toEqual({ sentBytes: 0, inFlightBytes: 12, inFlightParts: 2, reachedByte: 32 })
  tracker.markForRetry(4)
  expect(reports.at(-1)).toMatchObject({ inFlightBytes: 10, inFlightParts: 1, reachedByte: 32 })
  tracker.markAwaitingUrl(5)
  expect(reports).toHaveLength(4)
})
