import { expect, test } from 'vitest'
import { createStreams } from '../../../electron/transfer/streams.ts'
import { standingClock, testPorts } from '../../support/hand-clock.ts'

const forever = new AbortController().signal
const stepMs = 100

/**
 * A line of which each stream gets `perStream` bytes a millisecond until it is full at `lineRate`; more than enough work
 * waits. Answers the limit after each second.
 */
async function follow(seconds: number, perStream: number, lineRate: number, most = 64) {
  const clock = standingClock()
  const streams = createStreams({ ports: testPorts(clock), most })
  const open = new Set<Awaited<ReturnType<typeof streams.acquire>>>()
  for (let index = 0; index < most + 10; index += 1) {
    void streams.acquire(forever).then((stream) => open.add(stream))
  }
  const limits: number[] = []
  for (let ms = 0; ms < seconds * 1000; ms += stepMs) {
    await Promise.resolve()
    const rate = Math.min(lineRate, perStream * open.size)
    clock.advance(stepMs)
    for (const stream of open) stream.moved((rate * stepMs) / open.size)
    if (ms % 1000 === 0) limits.push(streams.limit)
  }
  return { limits, streams, open, clock }
}

test('grows to the bound within half a minute on a line where every stream pays', async () => {
  const { limits } = await follow(30, 1_000, Infinity)
  expect(limits.at(-1)).toBe(64)
  expect(limits).toEqual([...limits].sort((a, b) => a - b))
})

test('stays where it began when the line is full already', async () => {
  const { limits } = await follow(15, 1_000, 2_000)
  expect([Math.min(...limits), Math.max(...limits), limits.at(-1)]).toEqual([4, 6, 4])
})

test('stops near the count that fills the line', async () => {
  const { limits } = await follow(25, 1_000, 12_000)
  expect(limits.at(-1)).toBeGreaterThanOrEqual(12)
  expect(limits.at(-1)).toBeLessThan(24)
})

test('never exceeds the bound it was given', async () => {
  const { limits } = await follow(30, 1_000, Infinity, 10)
  expect(Math.max(...limits)).toBe(10)
})

test('halves on trouble, and counts troubles of one moment as one', async () => {
  const { streams, open } = await follow(30, 1_000, Infinity)
  for (const stream of open) stream.troubled()
  expect(streams.limit).toBe(32)
})

test('does not grow while nobody waits', async () => {
  const clock = standingClock()
  const streams = createStreams({ ports: testPorts(clock) })
  const stream = await streams.acquire(forever)
  for (let index = 0; index < 200; index += 1) {
    clock.advance(stepMs)
    stream.moved(1_000_000)
  }
  expect([streams.limit, streams.inUse]).toEqual([4, 1])
})

test('places are given in the order they were asked for, and an aborted wait takes none', async () => {
  const streams = createStreams({ ports: testPorts(standingClock()), most: 1 })
  const first = await streams.acquire(forever)
  const given: string[] = []
  const leaving = new AbortController()
  const gone = streams.acquire(leaving.signal)
  const waiting = ['a', 'b'].map((name) =>
    streams.acquire(forever).then((stream) => (given.push(name), stream)),
  )
  leaving.abort(new Error('left'))
  await expect(gone).rejects.toThrow('left')
  first.release()
  const next = await waiting[0]
  expect(given).toEqual(['a'])
  next?.release()
  next?.release()
  await waiting[1]
  expect([given, streams.inUse]).toEqual([['a', 'b'], 1])
})
