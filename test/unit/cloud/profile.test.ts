import * as v from 'valibot'
import { expect, test } from 'vitest'
import { userProfile } from '../../../electron/cloud/wire.ts'

test.each([
  ['usr_01', true],
  ['ann@example.com', true],
  ['', false],
  ['a\nb', false],
  ['a\u001b[31m', false],
  ['a\u202eb', false],
  ['a'.repeat(201), false],
])('the id %j of a person or a team is valid: %s', (id, isValid) => {
  expect(v.safeParse(userProfile, { id }).success).toBe(isValid)
  expect(v.safeParse(userProfile, { id: 'ann', team_list: [{ id }] }).success).toBe(isValid)
})
