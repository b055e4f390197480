import { expect, test } from 'vitest'
import { aborted, isAborted } from '../../../electron/platform/attempt.ts'
import { failed, failure, success } from '../../../electron/contract/failures.ts'
import { parseTeamChoices, serializeTeamChoices } from '../../../electron/platform/team-choices.ts'

const [first, second, third] = ['alice', 'bob', 'carol'].map((accountId) => ({ accountId, teamId: 't' }))

test('stored choices of teams are read in their order', () => {
  const choices = [first, second, third].flatMap((choice) => choice ?? [])
  expect(parseTeamChoices(serializeTeamChoices(choices))).toEqual(choices)
  expect(parseTeamChoices(serializeTeamChoices(choices.slice(0, 1)))).toEqual([first])
})

test('the single choice of an older version is read', () => {
  expect(parseTeamChoices(JSON.stringify(first))).toEqual([first])
})

test.each([
  null,
  undefined,
  '',
  '{',
  '[]',
  '{"accountId":"alice"}',
  '{"accountId":"a","teamId":"t","earlier":[1]}',
])('there are no choices in %j', (value) => {
  expect(parseTeamChoices(value)).toBeNull()
})

test('only aborted work counts as aborted', () => {
  const results = [aborted, success('value'), failed(failure('offline')), { kind: 'done' }, {}]
  expect(results.map(isAborted)).toEqual([true, false, false, false, false])
})
