import * as v from 'valibot'
import { expect, test } from 'vitest'
import { fetchProfile } from '../../../electron/cloud/auth.ts'
import { userProfile } from '../../../electron/cloud/wire.ts'
import { createAnsweringClient, deviceSigner } from '../../support/answering-client.ts'
import { valueOf } from '../../support/engine.ts'

test.each([
  ['usr_01', true],
  ['ann@example.com', true],
  ['', false],
  ['a\nb', false],
  ['a\u001b[31m', false],
  ['a\u202eb', false],
  ['a'.repeat(200), true],
  ['a'.repeat(201), false],
  [' ~', true],
])('the id %j of a person or a team is valid: %s', (id, isValid) => {
  expect(v.safeParse(userProfile, { id }).success).toBe(isValid)
  expect(v.safeParse(userProfile, { id: 'ann', team_list: [{ id }] }).success).toBe(isValid)
})

test('names a person without a name by the e-mail address, and a team by its id', async () => {
  const profileOf = async (answer: object) =>
    valueOf(
      await fetchProfile(
        createAnsweringClient(() => answer),
        deviceSigner,
      ),
    )
  expect(
    await profileOf({
      id: 'ann',
      email_address: 'ann@example.com',
      team_list: [{ id: 'north' }, { id: 'south', display_name: ' South ', role: 'admin' }],
    }),
  ).toEqual({
    personId: 'ann',
    name: 'ann@example.com',
    email: 'ann@example.com',
    teams: [
      { id: 'north', name: 'north' },
      { id: 'south', name: 'South', role: 'admin' },
    ],
  })
  expect(await profileOf({ id: 'ann', display_name: 'Ann' })).toEqual({
    personId: 'ann',
    name: 'Ann',
    email: '',
    teams: [],
  })
})

test('treats names and roles of more than 300 characters as absent', () => {
  const profileOf = (length: number) => {
    const text = 'x'.repeat(length)
    const team = { id: 'north', display_name: text, role: text }
    const profile = v.parse(userProfile, { id: 'ann', display_name: text, team_list: [team] })
    return [profile.display_name, ...profile.team_list.flatMap((one) => [one.display_name, one.role])]
  }
  expect(profileOf(300)).toEqual(Array(3).fill('x'.repeat(300)))
  expect(profileOf(301)).toEqual(['', '', null])
})
