import { expect, test } from 'vitest'
import { compareUnpicklers } from '../support/fuzz/compare-unpicklers.ts'

const programsEach = 5_000
const firstSeeds = Array.from({ length: 100 }, (_, index) => 1 + index * programsEach)

test.each(firstSeeds)(
  'reports each program that an unpickler of CPython would run, from seed %i on',
  async (firstSeed) => {
    const { harmful, missed } = await compareUnpicklers(firstSeed, programsEach)
    expect(harmful).toBeGreaterThan(programsEach / 10)
    expect(missed).toEqual([])
  },
)
