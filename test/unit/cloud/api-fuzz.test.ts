import { expect, test } from 'vitest'
import { apiCallNames, fuzzApi } from '../../support/fuzz/fuzz-api.ts'

test('returns a failure or a harmless value for any response of the API', async () => {
  const { inputs, accepted } = await fuzzApi({ rounds: 10, seed: 1 })
  expect(inputs).toBe(10 * apiCallNames.length)
  expect(accepted).toBeGreaterThan(inputs / 5)
})
