import { createRoundTrips } from '../../electron/transfer/round-trips.ts'
import { createConcurrencyController } from '../../electron/transfer/concurrency-controller.ts'
import { seededRandom } from '../fixtures/seeded.ts'

/** What a line gives, in bytes a millisecond, to that many streams after `seconds`. */
export type Line = (requestSlots: number, seconds: number) => number

interface Conditions {
  readonly most?: number
  /** Relative deviation of what each stream brings in a tenth of a second, as on a line that loses packets. */
  readonly noise?: number
  /** How many streams would find work. */
  readonly work?: number
  readonly capBytesPerSecond?: number | null
  /** A part takes this long, so that streams beyond a lowered limit go on until it ends, in seconds. */
  readonly partSeconds?: number
  /** How long storage takes to say that it wants the next part, in ms, by streams and seconds. */
  readonly answerMs?: (requestSlots: number, seconds: number) => number
}

const stepMs = 100

/**
 * Steers streams over a line that exists in numbers only, on a clock of its own. New streams run ahead: they
 * bring four times what they keep, and calm down within four seconds, as on the emulated line (test/bench/line).
 */
export function modelLine(line: Line, conditions: Conditions = {}) {
  const { most = 64, noise = 0, work = Infinity, capBytesPerSecond = null, partSeconds = 5 } = conditions
  const roundTrips = createRoundTrips()
  const controller = createConcurrencyController({ most, first: 4, nowMs: 0, slowness: roundTrips.slowness })
  const random = seededRandom(7)
  let nowMs = 0
  let movedBytes = 0
  let ages: number[] = []
  let partsBegun = 0

  const ask = (requestSlots: number) =>
    roundTrips.heard('storage', conditions.answerMs?.(requestSlots, nowMs / 1000) ?? 50, nowMs)

  /** New streams ask before they crowd the line; then each asks again with every part. */
  function beginParts(wanted: number): void {
    const before = ages.length
    for (; ages.length < wanted; ages.push(0)) ask(before)
    partsBegun += before / ((partSeconds * 1000) / stepMs)
    for (; partsBegun >= 1; partsBegun -= 1) ask(before)
  }

  function step(): void {
    nowMs += stepMs
    const wanted = Math.min(controller.limit, work)
    ages = ages.map((age) => age + stepMs)
    // Each step the streams whose part has ended may leave; `partSeconds` apart on the average.
    const leaving = Math.max(1, Math.round((ages.length * stepMs) / (partSeconds * 1000)))
    if (ages.length > wanted) ages = ages.slice(Math.min(leaving, ages.length - wanted))
    beginParts(wanted)
    const flowing = ages.reduce((sum, age) => sum + Math.max(1, 4 - (3 * age) / 4_000), 0)
    const wobble = 1 + (noise * (random() * 2 - 1)) / Math.sqrt(ages.length)
    movedBytes += line(flowing, nowMs / 1000) * wobble * stepMs
    const { length: inUse } = ages
    controller.see({ nowMs, inUse, wanted: inUse < work, movedBytes, capBytesPerSecond })
  }

  return {
    controller,
    now: () => nowMs,
    /** Lets time pass; answers the limit at the end of each second. */
    run(seconds: number): number[] {
      const limits: number[] = []
      for (let second = 0; second < seconds; second += 1) {
        for (let ms = 0; ms < 1_000; ms += stepMs) step()
        limits.push(controller.limit)
      }
      return limits
    },
  }
}

/** Each stream brings `perStream` until they fill the line at `full`, both in bytes a millisecond. */
export const shared =
  (perStream: number, full: number): Line =>
  (requestSlots) =>
    Math.min(full, perStream * requestSlots)
