import { afterEach, beforeEach, expect, test } from 'vitest'
import { ALICE, ALICES_TEAM_ID, BOB, BOBS_TEAM_ID, STUDIO_NORTH_ID } from '../../cloud/accounts.ts'
import { createClock } from '../../cloud/clock.ts'
import { startCloud } from '../../cloud/cloud.ts'
import type { Cloud } from '../../cloud/cloud.ts'
import { call, signIn } from './requests.ts'
import type { Tokens } from './requests.ts'

let clock = createClock()
let cloud: Cloud

beforeEach(async () => {
  clock = createClock()
  cloud = await startCloud({ now: clock.now })
})
afterEach(() => cloud.close())

const unauthorized = { error_message: 'unauthorized' }

test('issues a token for one hour after a correct sign-in', async () => {
  const answer = await call(cloud, 'POST /auth/login', {
    email_address: 'Alice@Example.com',
    user_password: ALICE.password,
  })
  expect(answer).toMatchObject({
    status: 200,
    body: { access_token: expect.any(String), refresh_token: expect.any(String), expires_in: 3600 },
  })
})

test('refuses a wrong password and an unknown address in the same way', async () => {
  const refused = { status: 401, body: { error_message: 'invalid email or password' } }
  const attempts = [
    { email_address: ALICE.email, user_password: 'wrong' },
    { email_address: ALICE.email, user_password: '' },
    { email_address: 'nobody@example.com', user_password: ALICE.password },
    { email_address: 'nobody@example.com', user_password: '' },
  ]
  for (const attempt of attempts) {
    expect(await call(cloud, 'POST /auth/login', attempt)).toMatchObject(refused)
  }
})

test.each([
  ['an unknown member', { email_address: ALICE.email, user_password: ALICE.password, remember: true }],
  ['a missing member', { email_address: ALICE.email }],
  ['a member of another type', { email_address: ALICE.email, user_password: 7 }],
  ['an address that is none', { email_address: 'alice', user_password: ALICE.password }],
  ['a list instead of an object', []],
])('refuses a sign-in with %s', async (_what, body) => {
  const answer = await call(cloud, 'POST /auth/login', body)
  expect(answer).toMatchObject({
    status: 400,
    body: { error_message: expect.stringMatching(/^invalid request: /) },
  })
})

test('returns the profile with teams but without roles, and requires no team for it', async () => {
  const { access_token: token } = await signIn(cloud)
  const answer = await call(cloud, 'GET /users/me', undefined, { token })
  expect(answer).toMatchObject({
    status: 200,
    body: {
      display_name: 'Alice Chen',
      email_address: 'alice@example.com',
      team_list: [
        { id: ALICES_TEAM_ID, display_name: "Alice's Team" },
        { id: STUDIO_NORTH_ID, display_name: 'Studio North' },
      ],
    },
  })
  expect(JSON.stringify(answer.body)).not.toContain('owner')
})

test('requires one of the user’s teams for a session, and reports a missing one', async () => {
  const { access_token: token } = await signIn(cloud, BOB)
  const asked = async (team?: string) =>
    await call(cloud, 'GET /teams/current', undefined, { token, ...(team ? { team } : {}) })
  expect(await asked()).toMatchObject({
    status: 400,
    body: { error_message: 'X-Team-ID header is required' },
  })
  expect(await asked(ALICES_TEAM_ID)).toMatchObject({ status: 403 })
  expect(await asked('nonsense')).toMatchObject({ status: 403 })
  expect(await asked(BOBS_TEAM_ID)).toMatchObject({
    status: 200,
    body: { id: BOBS_TEAM_ID, display_name: "Bob's Team" },
  })
})

test('refuses an access token after an hour', async () => {
  const { access_token: token } = await signIn(cloud)
  // This clock adds to real time.
  clock.advance(3_540)
  expect((await call(cloud, 'GET /users/me', undefined, { token })).status).toBe(200)
  clock.advance(61)
  expect(await call(cloud, 'GET /users/me', undefined, { token })).toMatchObject({
    status: 401,
    body: unauthorized,
  })
})

test('refuses missing and forged credentials, and a refresh token', async () => {
  const { access_token, refresh_token } = await signIn(cloud)
  const [head = '', payload = ''] = access_token.split('.')
  const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.`
  for (const token of [undefined, `${head}.${payload}.AAAA`, unsigned, refresh_token, 'dk-unknown']) {
    const answer = await call(cloud, 'GET /users/me', undefined, token === undefined ? {} : { token })
    expect(answer.status).toBe(401)
  }
})

test.each(['sk-service', 'ak-agent'])(
  'refuses %s, a kind of key that no operation accepts',
  async (token) => {
    const answer = await call(cloud, 'GET /models', undefined, { token, team: ALICES_TEAM_ID })
    expect(answer).toMatchObject({ status: 403, body: { error_message: 'credential kind not allowed' } })
  },
)

test('exchanges a refresh token for a new pair only once', async () => {
  const first = await signIn(cloud)
  const swap = (tokens: Tokens) => call(cloud, 'POST /auth/refresh', { refresh_token: tokens.refresh_token })
  const second = (await swap(first)).body as Tokens
  expect(second.refresh_token).not.toBe(first.refresh_token)
  expect(await swap(first)).toMatchObject({ status: 401, body: { error_message: 'invalid refresh token' } })
  expect((await swap(second)).status).toBe(200)
})

test('accepts only one of many simultaneous refreshes', async () => {
  const { refresh_token } = await signIn(cloud)
  const answers = await Promise.all(
    Array.from({ length: 8 }, () => call(cloud, 'POST /auth/refresh', { refresh_token })),
  )
  expect(answers.map((answer) => answer.status).toSorted()).toEqual([200, ...Array<number>(7).fill(401)])
})

test('revokes the refresh token on sign-out', async () => {
  const { access_token: token, refresh_token } = await signIn(cloud)
  const out = await call(cloud, 'POST /auth/logout', { refresh_token }, { token })
  expect(out).toMatchObject({ status: 200, body: { is_success: true } })
  expect((await call(cloud, 'POST /auth/refresh', { refresh_token })).status).toBe(401)
})
