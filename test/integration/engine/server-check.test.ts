import { expect, test } from 'vitest'
import { setup, usualSettings, valueOf } from '../../support/engine.ts'

test('a server of this API is told from all else by its answer, and nobody’s credential goes there', async () => {
  const { app, cloud } = await setup()
  cloud.forgetOperations()
  expect(valueOf(await app.calls.checkServer({ address: null })).failure).toBeNull()
  expect(cloud.operations.map(({ name, headers }) => [name, headers['authorization']])).toEqual([
    ['getCurrentUser', undefined],
  ])
  cloud.fail({ on: 'getCurrentUser', how: 'html', status: 200 })
  expect(valueOf(await app.calls.checkServer({ address: null })).failure?.code).toBe('not-the-api')
  cloud.fail({ on: 'getCurrentUser', how: 'cut' })
  expect(valueOf(await app.calls.checkServer({ address: null })).failure?.code).toBe('connection-lost')
  app.uploader.applySettings({ ...usualSettings, server: `${cloud.origin}/elsewhere` })
  expect(valueOf(await app.calls.checkServer({ address: null })).failure?.code).toBe('not-the-api')
})

test('a clock that differs from the server’s is told', async () => {
  const { app, clock } = await setup({ cloud: { now: Date.now } })
  clock.advance(20 * 60_000)
  const { failure, clockAheadMs } = valueOf(await app.calls.checkServer({ address: null }))
  expect([failure, Math.round(clockAheadMs / 60_000)]).toEqual([null, 20])
})
