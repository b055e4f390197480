import { expect, test } from 'vitest'
import { spanOf } from '../../../electron/messages/span.ts'
import { graphOf, historyOf } from '../../../renderer/uploads/details/speed-graph.ts'
import { limitFor, typedLimit } from '../../../renderer/settings/speed-limit.ts'

test('a graph spans the width and has a round maximum', () => {
  const graph = graphOf({ stepMs: 2_000, points: [0, 12_000_000, 7_000_000] }, 200, 50)
  expect(graph).toMatchObject({
    line: 'M0.0 50.0L100.0 20.0L200.0 32.5',
    area: 'M0.0 50.0L100.0 20.0L200.0 32.5L200 50L0 50Z',

    topBytes: 20_000_000,
    nowBytes: 7_000_000,
    mostBytes: 12_000_000,
    spanMs: 6_000,
  })
  expect(graph?.meanBytes).toBeCloseTo(6_333_333, 0)
})

test('zero speed is a line at the bottom, and a single point has no graph', () => {
  expect(graphOf({ stepMs: 1_000, points: [0, 0] }, 10, 10)?.line).toBe('M0.0 10.0L10.0 10.0')
  expect(graphOf({ stepMs: 1_000, points: [5] }, 10, 10)).toBeNull()
})

test('rounds a span to seconds, minutes or hours', () => {
  expect([spanOf(42_000), spanOf(12 * 60_000), spanOf(20 * 3_600_000)]).toEqual([
    { key: 'span.seconds', count: 42 },
    { key: 'span.minutes', count: 12 },
    { key: 'span.hours', count: 20 },
  ])
})

test('parses a limit in MB/s with a point or a comma; empty means none', () => {
  expect([limitFor('5'), limitFor(' 2,5 '), limitFor('0.1'), limitFor('')]).toEqual([
    ...[5_000_000, 2_500_000, 100_000, null],
  ])
  expect([limitFor('0'), limitFor('-1'), limitFor('fast'), limitFor('10001')]).toEqual(
    Array<undefined>(4).fill(undefined),
  )
  expect([typedLimit(2_500_000), typedLimit(null)]).toEqual(['2.5', ''])
})

test('the speed of a whole upload is drawn over time, however long its points are', () => {
  const { stepMs, points } = historyOf([
    { durationMs: 10_000, bytes: 10_000_000 },
    { durationMs: 10_000, bytes: 20_000_000 },
    { durationMs: 40_000, bytes: 120_000_000 },
  ])
  expect([stepMs, points]).toEqual([20_000, [2_000_000, 3_000_000, 3_000_000]])
})
