import { afterAll, beforeEach, expect, test } from 'vitest'
import {
  acknowledgedNumbers,
  keepBusy,
  killTwice,
  maxRecordDelayMs,
  setupPartsUpload,
} from '../integration/faults/kills/acknowledged-parts.ts'

/** Busy threads beside the app. */
const load = 8
const seeds = Array.from({ length: 10 }, (_, index) => index + 1)
const sentAgain: number[] = []

beforeEach(() => keepBusy(load))
afterAll(() =>
  console.log(
    `${sentAgain.length} uploads killed twice: ` +
      `${sentAgain.reduce((sum, count) => sum + count, 0)} acknowledged parts sent again`,
  ),
)

test('parts are in the journal soon after their response on a busy machine', async () => {
  const upload = await setupPartsUpload(60)
  expect((await upload.run(null)).printed).toBe('registered')
  expect(acknowledgedNumbers(upload)).toHaveLength(60)
  const recordedAt = upload.recordTimes()
  const delaysMs = [...upload.responseTimes()]
    .map(([number, atMs]) => (recordedAt.get(number) ?? Infinity) - atMs)
    .sort((a, b) => a - b)
  const at = (share: number) => Math.round(delaysMs[Math.floor(share * (delaysMs.length - 1))] ?? Infinity)
  console.log(
    `From storage's response to the journal, ${delaysMs.length} parts at load ${load}, in ms: ` +
      `median ${at(0.5)}, 90th percentile ${at(0.9)}, 99th ${at(0.99)}, maximum ${at(1)}`,
  )
  expect(at(0.99)).toBeLessThanOrEqual(maxRecordDelayMs)
})

test.each(seeds)('no part acknowledged 100 ms before a kill is sent again (seed %i)', async (seed) => {
  sentAgain.push(await killTwice(seed, 16))
})
