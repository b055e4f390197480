import * as v from 'valibot'
import { expect, test } from 'vitest'
import { fetchProfile } from '../../../electron/cloud/auth.ts'
import { tokenPair, userProfile } from '../../../electron/cloud/wire.ts'
import { createAnsweringClient, deviceSigner } from '../../support/answering-client.ts'
import { valueOf } from '../../support/engine.ts'

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

test('reads a profile whose empty list and texts are null', async () => {
  const profile = { id: 'ann', display_name: null, email_address: null, team_list: null }
  const client = createAnsweringClient(() => profile)
  expect(valueOf(await fetchProfile(client, deviceSigner))).toEqual({
    personId: 'ann',
    name: '',
    email: '',
    teams: [],
  })
})

test.each([[{}], [{ expires_in: null }]])('a session without a lifetime %j has one hour', (lifetime) => {
  const pair = { access_token: 'a', refresh_token: 'r', ...lifetime }
  expect(v.parse(tokenPair, pair).expires_in).toBe(3_600)
})
