import * as v from 'valibot'
import { expect, test } from 'vitest'
import { calls, type CallName } from '../../../electron/contract/calls.ts'

test.each(['pause', 'cancel', 'retry', 'moveToTop'] as const)(
  '%s accepts all rows of a queue of 100,001 uploads',
  (name) => {
    const ids = Array.from({ length: 100_001 }, (_, index) => `upload ${index}`)
    expect(v.is(calls[name].args, { ids })).toBe(true)
  },
)

const team = { accountId: 'core.example ann', teamId: 'north' }

test.each<[name: CallName, args: (ids: readonly string[]) => object]>([
  ['addUploadsToTeam', (ids) => ({ ids, team })],
  ['saveReceipts', (ids) => ({ ids })],
  ['copyLocalPaths', (ids) => ({ ids })],
  ['addCompanions', (offers) => ({ id: 'a', offers })],
  ['deleteModels', (modelIds) => ({ choice: team, modelIds })],
  ['addModelsToTeam', (modelIds) => ({ choice: team, modelIds, team })],
])('%s asks the user only about at least one item', (name, argsOf) => {
  expect([[], ['a'], ['a', 'b']].map((ids) => v.is(calls[name].args, argsOf(ids)))).toEqual([
    false,
    true,
    true,
  ])
})

test('every call refuses members that it doesn’t know', () => {
  for (const [name, { args }] of Object.entries(calls))
    expect([name, v.is(args, { unknown: 1 })]).toEqual([name, false])
})
