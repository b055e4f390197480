import { expect, test } from 'vitest'
import { fuzzParser } from '../support/fuzz/fuzz-parsers.ts'
import { parserNames } from '../support/fuzz/parsers.ts'

const mebibyte = 1024 ** 2
const nestedSizesBytes = [1_000, 200_000, mebibyte, 15 * mebibyte]
const seeds = [1_000, 2_000, 3_000]
const runs = parserNames.flatMap((name) => seeds.map((seed) => ({ name, seed })))

test.each(runs)(
  'damaged, random and nested files end no parser: $name, seed $seed',
  async ({ name, seed }) => {
    const report = await fuzzParser(name, { rounds: 700, seed, nestedSizesBytes, maxCpuMs: 30_000 })
    console.log(JSON.stringify(report))
    expect(report.inputs).toBe(704)
  },
)
