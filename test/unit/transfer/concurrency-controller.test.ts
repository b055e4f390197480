import { expect, test } from 'vitest'
import { modelLine, shared } from '../../support/model-line.ts'

const last = (limits: readonly number[]) => limits.at(-1) ?? 0
const mean = (limits: readonly number[]) => limits.reduce((sum, one) => sum + one, 0) / limits.length

test('reaches the bound within twenty seconds on a lossy line where every stream pays', () => {
  const limits = modelLine(shared(1_200, Infinity), { noise: 0.4 }).run(20)
  expect(last(limits)).toBe(64)
  expect(limits).toEqual(limits.toSorted((a, b) => a - b))
})

test('stays near the bound there: what it tries meanwhile costs little', () => {
  const line = modelLine(shared(1_200, Infinity), { noise: 0.4 })
  line.run(20)
  expect(mean(line.run(300))).toBeGreaterThan(60)
})

test('goes back to where it began when four streams fill the line', () => {
  const limits = modelLine(shared(40_000, 125_000)).run(60)
  expect(Math.max(...limits)).toBeLessThanOrEqual(8)
  expect(last(limits)).toBeLessThanOrEqual(5)
})

test('finds the count that fills a slower lossy line', () => {
  const limits = modelLine(shared(1_200, 12_500), { noise: 0.4 }).run(120)
  expect(Math.min(...limits.slice(30))).toBeGreaterThanOrEqual(8)
  expect(Math.max(...limits.slice(60))).toBeLessThanOrEqual(20)
})

test('takes fewer streams when more of them slow each other down', () => {
  const crowded = (requestSlots: number) =>
    Math.min(1_200 * requestSlots, 12_500) / (1 + Math.max(0, requestSlots - 12) / 8)
  const limits = modelLine(crowded, { noise: 0.3 }).run(90)
  expect(mean(limits.slice(30))).toBeLessThanOrEqual(16)
})

test('notices within a minute and a half that the line has become faster', () => {
  const line = modelLine((requestSlots, seconds) =>
    Math.min(1_200 * requestSlots, seconds < 120 ? 6_000 : 60_000),
  )
  expect(last(line.run(120))).toBeLessThanOrEqual(10)
  expect(last(line.run(90))).toBeGreaterThanOrEqual(40)
})

test('gives streams back when the line has become slower', () => {
  const line = modelLine((requestSlots, seconds) =>
    Math.min(1_200 * requestSlots, seconds < 60 ? 80_000 : 6_000),
  )
  expect(last(line.run(60))).toBeGreaterThan(50)
  expect(last(line.run(240))).toBeLessThan(30)
})

test('a limit of our own is not taken for the line: nothing is tried while it is reached', () => {
  const limits = modelLine(shared(1_200, 5_000), { capBytesPerSecond: 5_000_000 }).run(120)
  expect(new Set(limits)).toEqual(new Set([4]))
})

test('a limit of our own that is out of reach does not keep it from growing', () => {
  const limits = modelLine(shared(1_200, Infinity), { noise: 0.3, capBytesPerSecond: 200_000_000 }).run(30)
  expect(Math.max(...limits)).toBe(64)
})

test('does not grow while nobody would take a stream more', () => {
  expect(new Set(modelLine(shared(1_200, Infinity), { work: 3 }).run(60))).toEqual(new Set([4]))
  expect(new Set(modelLine(shared(1_200, Infinity), { work: 4 }).run(60))).toEqual(new Set([4]))
})

test('takes back a step that nobody filled', () => {
  const limits = modelLine(shared(1_200, Infinity), { work: 6 }).run(60)
  expect([Math.max(...limits), Math.min(...limits)]).toEqual([8, 4])
})

test('never exceeds its bound, and follows it', () => {
  const line = modelLine(shared(1_200, Infinity), { most: 10 })
  expect(Math.max(...line.run(60))).toBe(10)
  line.controller.setMost(2)
  expect(Math.max(...line.run(60))).toBe(2)
  line.controller.setMost(40)
  expect(Math.max(...line.run(60))).toBe(40)
})

test('halves on trouble, counts troubles of one moment as one, and grows again only after a rest', () => {
  const line = modelLine(shared(1_200, Infinity))
  line.run(20)
  line.controller.troubled(line.now())
  line.controller.troubled(line.now() + 1_900)
  expect(line.controller.limit).toBe(32)
  expect(new Set(line.run(7))).toEqual(new Set([32]))
  expect(last(line.run(40))).toBe(64)
})

test('never asks for less than one stream, however much trouble there is', () => {
  const line = modelLine(shared(1_200, Infinity))
  for (let times = 0; times < 10; times += 1) {
    line.controller.troubled(line.now())
    line.run(3)
  }
  expect(line.controller.limit).toBe(1)
})

test('a line that was away for a while is not judged by it', () => {
  const away = (seconds: number) => seconds > 20 && seconds < 80
  const line = modelLine((requestSlots, seconds) => (away(seconds) ? 0 : 1_200 * requestSlots))
  line.run(79)
  expect(Math.min(...line.run(20))).toBeGreaterThanOrEqual(54)
})

/** A line whose packets queue once the streams bring more than it takes, and answers with them. */
const queueing = (from: number, perStreamMs: number) => (requestSlots: number) =>
  50 + Math.max(0, requestSlots - from) * perStreamMs

test('takes fewer streams where answers become slow and fewer bring as much', () => {
  const line = { answerMs: queueing(2, 200) }
  const limits = modelLine(shared(40_000, 12_500), line).run(60)
  expect(last(limits)).toBe(2)
  expect(last(modelLine(shared(40_000, 12_500)).run(60))).toBe(4)
})

test('gives up a little throughput for answers that come much sooner', () => {
  const saturating = (requestSlots: number) => 12_500 * (1 - Math.exp(-requestSlots / 3))
  const calm = mean(
    modelLine(saturating, { answerMs: queueing(6, 60) })
      .run(240)
      .slice(60),
  )
  const crowded = mean(modelLine(saturating).run(240).slice(60))
  expect(crowded - calm).toBeGreaterThan(2)
  expect(saturating(calm) / saturating(crowded)).toBeGreaterThan(0.9)
})

test('goes back at once from a step that only made answers slow', () => {
  const line = { answerMs: queueing(10, 100) }
  const above = (limits: readonly number[]) => limits.slice(20).filter((limit) => limit > 10).length
  expect(above(modelLine(shared(1_200, 12_500), line).run(120))).toBeLessThan(20)
  expect(above(modelLine(shared(1_200, 12_500)).run(120))).toBeGreaterThan(40)
})

test('leaves a queue alone that others make: what it tries against it costs next to nothing', () => {
  const others = (_streams: number, seconds: number) => (seconds < 30 ? 50 : 900)
  const line = modelLine(shared(1_200, Infinity), { noise: 0.4, answerMs: others })
  line.run(30)
  expect(mean(line.run(300))).toBeGreaterThan(58)
  expect(mean(line.run(600))).toBeGreaterThan(60)
})

test('a full line of two round trips instead of one is no trouble: the streams that fill it stay', () => {
  const line = { noise: 0.4, answerMs: () => 100 }
  const quick = (seconds: number) => (seconds < 2 ? 50 : 100)
  const limits = modelLine(shared(1_200, Infinity), { ...line, answerMs: (_, at) => quick(at) }).run(120)
  expect(mean(limits.slice(20))).toBeGreaterThan(60)
})

test('grows again once the queue has gone', () => {
  const until = (seconds: number) => (seconds < 120 ? 12_500 : Infinity)
  const line = modelLine((requestSlots, at) => Math.min(1_200 * requestSlots, until(at)), {
    answerMs: (requestSlots, at) => (at < 120 ? queueing(8, 100)(requestSlots) : 50),
  })
  expect(last(line.run(120))).toBeLessThanOrEqual(12)
  expect(last(line.run(120))).toBeGreaterThan(40)
})

test('a burst of new connections that was taken for gain does not keep it from growing on', () => {
  // For a few seconds the line takes far more than it will, as an idle one does: twice as many streams then seem to bring less.
  const burst = (seconds: number) => (seconds > 6 && seconds < 12 ? 4 : 1)
  const limits = modelLine((requestSlots, seconds) => 1_200 * requestSlots * burst(seconds)).run(60)
  expect(limits.indexOf(64)).toBeGreaterThan(0)
  expect(limits.indexOf(64)).toBeLessThan(35)
})
