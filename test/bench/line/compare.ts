import type { LineShape } from './line.ts'
import { measureLine, type Second } from './measure.ts'

/** The fixed concurrencies to try, and the duration of each run. */
export interface Plan {
  readonly fixed: readonly number[]
  readonly seconds: number
  readonly fixedSeconds: number
}

/** Result of the adaptive concurrency compared with the best fixed one on the same connection. */
export interface Comparison {
  /** Mean of the last half of each fixed run, in Mbit/s. */
  readonly fixed: readonly { readonly requestSlots: number; readonly mbit: number }[]
  readonly best: { readonly requestSlots: number; readonly mbit: number }
  /** The adaptive run, second by second, and the mean of its last half. */
  readonly run: readonly Second[]
  readonly mbit: number
  readonly ratio: number
  /** Seconds until three consecutive seconds reached `goalRatio` of the best; Infinity if never. */
  readonly reachedSeconds: number
}

export const shapes: Readonly<Record<'lossy' | 'clean' | 'slow' | 'deep' | 'home', LineShape>> = {
  lossy: { rateMbit: 1_000, roundTripMs: 50, loss: 0.001 },
  clean: { rateMbit: 1_000, roundTripMs: 50, loss: 0 },
  slow: { rateMbit: 100, roundTripMs: 50, loss: 0.001 },
  // A cheap home router that queues up to half a second of packets.
  deep: { rateMbit: 200, roundTripMs: 20, loss: 0, queueMs: 500 },
  // 10 MB/s, which one stream fills: more would only put more at stake.
  home: { rateMbit: 80, roundTripMs: 20, loss: 0 },
}
export const goalRatio = 0.9
export const goalSeconds = 30
const partSizeBytes = 64 * 1024 ** 2

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
const lastHalf = (run: readonly Second[]) => mean(run.slice(run.length >> 1).map(({ mbit }) => mbit))

/** When the mean of three seconds first reached `wanted`; Infinity if never. */
function reachedAfter(run: readonly Second[], wanted: number): number {
  const index = run.findIndex(
    (_, at) => at >= 2 && mean(run.slice(at - 2, at + 1).map(({ mbit }) => mbit)) >= wanted,
  )
  return index < 0 ? Infinity : index + 1
}

/**
 * Runs each fixed concurrency and then the adaptive one, one after the other on the same emulated connection.
 */
export async function compareOnLine(
  shape: LineShape,
  { fixed, seconds, fixedSeconds }: Plan,
): Promise<Comparison> {
  const found: { requestSlots: number; mbit: number }[] = []
  for (const requestSlots of fixed) {
    const run = await measureLine({ shape, seconds: fixedSeconds, partSizeBytes, fixedStreams: requestSlots })
    found.push({ requestSlots, mbit: lastHalf(run) })
  }
  const best = found.reduce((most, one) => (one.mbit > most.mbit ? one : most), { requestSlots: 0, mbit: 0 })
  const run = await measureLine({ shape, seconds, partSizeBytes, fixedStreams: null })
  const mbit = lastHalf(run)
  const reachedSeconds = reachedAfter(run, best.mbit * goalRatio)
  return { fixed: found, best, run, mbit, ratio: mbit / best.mbit, reachedSeconds }
}
