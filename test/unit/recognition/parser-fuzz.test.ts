import { expect, test } from 'vitest'
import { fuzzParser } from '../../support/fuzz/fuzz-parsers.ts'
import { fuzzedParsers, parserNames } from '../../support/fuzz/parsers.ts'

test.each(parserNames)('damaged, random and nested files end no parser: %s', async (name) => {
  const options = { rounds: 35, seed: 1, nestedSizesBytes: [1_000, 200_000], maxCpuMs: 10_000 }
  expect((await fuzzParser(name, options)).inputs).toBe(37)
})

test('fuzzes every parser', () => {
  expect(fuzzedParsers().map(({ name }) => name)).toEqual(parserNames)
})

test.each(['receipt', 'library listing', 'upload log'])(
  'the parser of a %s reads a file that is not damaged',
  async (name) => {
    const parser = fuzzedParsers().find((one) => one.name === name)
    const read: unknown = await parser?.parse(parser.valid[0] ?? Buffer.alloc(0))
    expect([null, undefined, { events: [], speed: [] }]).not.toContainEqual(read)
  },
)
