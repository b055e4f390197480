import { readFile } from 'node:fs/promises'
import { beforeAll, expect, test } from 'vitest'
import { expandPattern, readFamilyCases } from '../../../fixtures/family-cases.ts'
import {
  compareAll,
  compareBases,
  countAgreement,
  type Comparison,
} from '../../../support/recognition/agreement.ts'
import {
  expectedDisagreements,
  unexpectedResults,
  withoutAgreeing,
} from '../../../support/recognition/expected-disagreements.ts'
import { pageWithTables, agreementPage } from '../../../support/runner/recognition-agreement.ts'

let comparisons: readonly Comparison[]

beforeAll(async () => {
  comparisons = await compareAll(readFamilyCases())
})

test('recognises every case but the expected disagreements', () => {
  expect(unexpectedResults(expectedDisagreements, comparisons)).toEqual([])
})

test('documents the agreement of all families', async () => {
  expect(await readFile(agreementPage, 'utf8')).toBe(await pageWithTables(comparisons))
})

test('has at least 1,000 cases, each with a public source', () => {
  expect(comparisons.length).toBeGreaterThanOrEqual(1000)
  for (const { fixture } of comparisons) {
    expect(fixture.source, fixture.name).toMatch(/^[\w.-]+\/[\w.-]+ \S+/)
  }
  expect(new Set(comparisons.map(({ fixture }) => fixture.name)).size).toBe(comparisons.length)
})

test('reports a case that agreed before, and one that agrees now', () => {
  const [first] = comparisons.filter(({ base, isKindRight }) => base === 'right' && isKindRight)
  if (!first) throw new Error('No case agrees')
  const worse: Comparison = { ...first, base: 'wrong' }
  expect(unexpectedResults([], [worse])).toHaveLength(1)
  expect(unexpectedResults([], [first])).toEqual([])
  const group = { reason: 'Not examined yet', cases: { [first.fixture.name]: 'kind, base' } }
  expect(unexpectedResults([group], [worse])).toHaveLength(1)
  expect(unexpectedResults([group], [first])).toHaveLength(1)
  expect(withoutAgreeing([group], [worse])).toEqual([
    { reason: 'Not examined yet', cases: { [first.fixture.name]: 'base' } },
  ])
  expect(withoutAgreeing([group], [first])).toEqual([])
})

test('distinguishes a wrong base from an undetermined one', () => {
  expect(compareBases(['Flux.1', 'SD3'], 'SD3 / Flux.1')).toBe('right')
  expect(compareBases(['Flux.1', 'SD3'], 'Flux.1')).toBe('wrong')
  expect(compareBases(['Flux.1'], 'Flux.1 / SD3')).toBe('broad')
  expect(compareBases(['SD1'], null)).toBe('none')
  expect(compareBases([], null)).toBe('right')
  expect(compareBases([], 'SD1')).toBe('wrong')
  const counted = countAgreement(comparisons)
  expect(counted.base + counted.wrongBase + counted.undetermined).toBe(counted.cases)
})

test('expands patterns of names', () => {
  expect(expandPattern('a.{0..2}.{q,k}.b')).toEqual([
    'a.0.q.b',
    'a.0.k.b',
    'a.1.q.b',
    'a.1.k.b',
    'a.2.q.b',
    'a.2.k.b',
  ])
  expect(expandPattern('a.{9..10}')).toEqual(['a.9', 'a.10'])
  expect(expandPattern('plain')).toEqual(['plain'])
})
