import { afterEach, beforeEach, expect, test } from 'vitest'
import { ALICE, ALICES_TEAM_ID, BOB, BOBS_TEAM_ID, STUDIO_NORTH_ID } from '../../cloud/accounts.ts'
import { createClock } from '../../cloud/clock.ts'
import { startCloud } from '../../cloud/cloud.ts'
import type { Cloud } from '../../cloud/cloud.ts'
import { call, presignRequest, signIn } from './requests.ts'

const bytes = Buffer.from('model')
const notFound = { status: 404, body: { error_message: 'resource not found' } }
let clock = createClock()
let cloud: Cloud

beforeEach(async () => {
  clock = createClock()
  cloud = await startCloud({ now: clock.now })
})
afterEach(() => cloud.close())

type Started = { readonly device_code: string; readonly user_code: string; readonly verification_uri: string }

const start = async () => (await call(cloud, 'POST /desktop/pair/start')).body as Started
const poll = ({ device_code }: Started) => call(cloud, 'POST /desktop/pair/poll', { device_code })

async function pair(email: string, teamId: string): Promise<string> {
  const started = await start()
  cloud.confirmPairing(started.user_code, email, teamId)
  return ((await poll(started)).body as { raw_key: string }).raw_key
}

test('starts a pairing without a signed-in user', async () => {
  expect((await call(cloud, 'POST /desktop/pair/start')).body).toEqual({
    device_code: expect.stringMatching(/^[\w-]{20,}$/),
    user_code: expect.stringMatching(/^[A-Z2-9]{4}-[A-Z2-9]{4}$/),
    verification_uri: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/desktop\/pair\?user_code=.{9}$/),
    expires_in: 300,
    interval: 2,
  })
  expect(await call(cloud, 'POST /desktop/pair/start', { device_name: 'x' })).toMatchObject({ status: 400 })
})

test('waits, then returns the keys exactly once', async () => {
  const started = await start()
  expect(await poll(started)).toMatchObject({ status: 200, body: { status: 'pending' } })
  cloud.confirmPairing(started.user_code, ALICE.email, ALICES_TEAM_ID)
  expect(await poll(started)).toMatchObject({
    status: 200,
    body: {
      status: 'approved',
      raw_key: expect.stringMatching(/^dk-/),
      agent_key: expect.stringMatching(/^ak-/),
    },
  })
  expect(await poll(started)).toMatchObject(notFound)
})

test('expires a pairing after five minutes, confirmed or not', async () => {
  const [one, two] = [await start(), await start()]
  cloud.confirmPairing(one.user_code, ALICE.email, ALICES_TEAM_ID)
  clock.advance(301)
  expect(await poll(one)).toMatchObject(notFound)
  expect(await poll(two)).toMatchObject(notFound)
  expect(() => cloud.confirmPairing(two.user_code, ALICE.email, ALICES_TEAM_ID)).toThrow('resource not found')
})

test('binds the key to one user and team, regardless of the team header', async () => {
  const token = await pair(BOB.email, BOBS_TEAM_ID)
  for (const team of [undefined, ALICES_TEAM_ID, 'nonsense']) {
    const as = { token, ...(team ? { team } : {}) }
    expect((await call(cloud, 'GET /teams/current', undefined, as)).body).toMatchObject({ id: BOBS_TEAM_ID })
  }
  expect((await call(cloud, 'GET /users/me', undefined, { token })).body).toMatchObject({
    email_address: BOB.email,
  })
  expect((await call(cloud, 'POST /models/presign', presignRequest(bytes), { token })).status).toBe(200)
})

test('gives a key only the rights of its user', async () => {
  const token = await pair(BOB.email, STUDIO_NORTH_ID)
  expect((await call(cloud, 'POST /models/presign', presignRequest(bytes), { token })).status).toBe(403)
})

test('lets a device revoke its own key, but not a session', async () => {
  const token = await pair(ALICE.email, ALICES_TEAM_ID)
  const revoke = (as: string) => call(cloud, 'POST /auth/device/revoke', undefined, { token: as })
  expect(await revoke((await signIn(cloud)).access_token)).toMatchObject({ status: 403 })
  expect(await revoke(token)).toMatchObject({ status: 200, body: { is_success: true } })
  expect(await revoke(token)).toMatchObject({ status: 401, body: { error_message: 'invalid credential' } })
})

test('can be confirmed by a session for one of its teams', async () => {
  const started = await start()
  const { access_token: token } = await signIn(cloud)
  const confirm = (body: object, team?: string) =>
    call(cloud, 'POST /desktop/pair/confirm', body, { token, ...(team ? { team } : {}) })
  const body = { user_code: started.user_code }
  expect(await confirm(body)).toMatchObject({ status: 400 })
  expect(await confirm(body, BOBS_TEAM_ID)).toMatchObject({ status: 403 })
  expect(await confirm({ ...body, device_name: 'n'.repeat(101) }, ALICES_TEAM_ID)).toMatchObject({
    status: 400,
  })
  expect(await confirm({ user_code: 'AAAA-AAAA' }, ALICES_TEAM_ID)).toMatchObject(notFound)
  expect(await confirm({ ...body, device_name: 'Laptop' }, ALICES_TEAM_ID)).toMatchObject({ status: 200 })
  expect(await confirm(body, ALICES_TEAM_ID)).toMatchObject(notFound)
})
