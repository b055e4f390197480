import * as v from 'valibot'
import { expect, test } from 'vitest'
import { fetchProfile } from '../../../electron/cloud/auth.ts'
import type { CloudClient } from '../../../electron/cloud/client.ts'
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

test('accepts a person with up to 1,000 teams', () => {
  const isValid = (count: number) => {
    const team_list = Array.from({ length: count }, (_, index) => ({ id: `${index}` }))
    return v.safeParse(userProfile, { id: 'ann', team_list }).success
  }
  expect([isValid(1_000), isValid(1_001)]).toEqual([true, false])
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

test('a request for the profile ends when it is aborted', async () => {
  const { signal } = new AbortController()
  const signals: unknown[] = []
  const answering = createAnsweringClient(() => ({ id: 'ann' }))
  const client: CloudClient = {
    ...answering,
    send(request) {
      signals.push(request.signal)
      return answering.send(request)
    },
  }
  await fetchProfile(client, deviceSigner, signal)
  await fetchProfile(client, deviceSigner)
  expect(signals).toEqual([signal, undefined])
})
