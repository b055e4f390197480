import { readFile } from 'node:fs/promises'
import { beforeAll, expect, test } from 'vitest'
import { readFamilyCases } from '../../../fixtures/family-cases.ts'
import { compareAll, type Comparison } from '../../../support/recognition/agreement.ts'
import {
  expectedDisagreements,
  unexpectedResults,
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
