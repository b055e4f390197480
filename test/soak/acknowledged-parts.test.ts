import { afterAll, beforeEach, expect, test } from 'vitest'
import {
  acknowledgedNumbers,
  keepBusy,
  killTwice,
  maxRecordDelayMs,
  recordDelaysMs,
  setupPartsUpload,
  type KilledTwice,
} from '../integration/faults/kills/acknowledged-parts.ts'

/** Busy threads beside the app. */
const load = 8
const seeds = Array.from({ length: 10 }, (_, index) => index + 1)
const runs: KilledTwice[] = []

beforeEach(() => keepBusy(load))
afterAll(() => {
  const sentAgain = runs.reduce((sum, run) => sum + run.sentAgain, 0)
  console.log(`${runs.length} uploads killed twice: ${sentAgain} acknowledged parts sent again`)
  console.log(delayReport(runs.flatMap(({ delaysMs }) => delaysMs)))
})

const shareOf = (sorted: readonly number[], share: number) =>
  Math.round(sorted[Math.floor(share * (sorted.length - 1))] ?? Infinity)

function delayReport(delaysMs: readonly number[]): string {
  const sorted = delaysMs.toSorted((a, b) => a - b)
  const at = (share: number) => shareOf(sorted, share)
  return (
    `From storage's response to the journal, ${sorted.length} parts at load ${load}, in ms: ` +
    `median ${at(0.5)}, 90th percentile ${at(0.9)}, 99th ${at(0.99)}, maximum ${at(1)}`
  )
}

test(
  'parts are in the journal soon after their response on a busy machine',
  { timeout: 180_000 },
  async () => {
    const upload = await setupPartsUpload(60)
    expect((await upload.run(null)).printed).toBe('registered')
    expect(acknowledgedNumbers(upload)).toHaveLength(60)
    const delaysMs = recordDelaysMs(upload).toSorted((a, b) => a - b)
    console.log(delayReport(delaysMs))
    expect(delaysMs).toHaveLength(60)
    expect(shareOf(delaysMs, 0.99)).toBeLessThanOrEqual(maxRecordDelayMs)
  },
)

test.each(seeds)('no part acknowledged 100 ms before a kill is sent again (seed %i)', async (seed) => {
  runs.push(await killTwice(seed, 16))
})
