import { expect, test } from 'vitest'
import { apiCallNames, fuzzApi } from '../support/fuzz/fuzz-api.ts'

test.each([1_000, 2_000, 3_000, 4_000, 5_000])(
  'returns a failure or a harmless value for any response of the API (seed %i)',
  async (seed) => {
    const report = await fuzzApi({ rounds: 200, seed })
    console.log(JSON.stringify({ seed, ...report }))
    expect(report.inputs).toBe(200 * apiCallNames.length)
  },
)
