import { expect, test } from 'vitest'
import { setup, usualSettings } from '../../support/engine.ts'

test('recognises this API by its 401, without sending a credential', async () => {
  const { app, cloud } = await setup()
  cloud.forgetOperations()
  const check = () => app.engine.checkServer(app.session().server)
  const api = { failure: null, isReached: true, isApi: true }
  const notTheApi = { failure: { code: 'not-the-api' }, isReached: true, isApi: false }
  expect(await check()).toMatchObject({ ...api, address: cloud.url })
  expect(
    cloud.operations.map(({ name, status, headers }) => [name, status, headers['authorization']]),
  ).toEqual([['getCurrentUser', 401, undefined]])
  // A gateway that requires its own login: a password typed for the API must not be sent there.
  for (const how of ['html', { status: 401, body: '' }, { status: 401, body: '<h1>Sign in</h1>' }] as const) {
    cloud.fail({ on: 'getCurrentUser', how, status: 200 })
    expect(await check()).toMatchObject(notTheApi)
  }
  cloud.fail({ on: 'getCurrentUser', how: 'cut' })
  expect(await check()).toMatchObject({
    failure: { code: 'connection-lost' },
    isReached: false,
    isApi: false,
  })
  app.engine.applySettings({ ...usualSettings, server: cloud.origin })
  expect(await check()).toMatchObject({ ...api, address: cloud.url })
  app.engine.applySettings({ ...usualSettings, server: `${cloud.origin}/elsewhere` })
  expect(await check()).toMatchObject({ ...notTheApi, address: `${cloud.origin}/elsewhere` })
})

test('reports a clock that differs from the server’s', async () => {
  const { app, clock, cloud } = await setup({ cloud: { now: Date.now } })
  clock.advance(20 * 60_000)
  const { failure, clockAheadMs } = await app.engine.checkServer(cloud.url)
  expect([failure, Math.round(clockAheadMs / 60_000)]).toEqual([null, 20])
})
