import { expect, test } from 'vitest'
import { setup, valueOf } from '../../support/engine.ts'

const settings = {
  ...{ atOnce: 2, singlePutLimitBytes: 500_000_000, limitBytesPerSecond: null, streamsMost: 64 },
}

test('a server of this API is told from all else by its answer, and nobody’s credential goes there', async () => {
  const { app, cloud } = await setup()
  cloud.forgetOperations()
  expect(valueOf(await app.calls.checkServer(undefined)).failure).toBeNull()
  expect(cloud.operations.map(({ name, headers }) => [name, headers['authorization']])).toEqual([
    ['getCurrentUser', undefined],
  ])
  cloud.fail({ on: 'getCurrentUser', how: 'html', status: 200 })
  expect(valueOf(await app.calls.checkServer(undefined)).failure?.code).toBe('not-the-api')
  cloud.fail({ on: 'getCurrentUser', how: 'cut' })
  expect(valueOf(await app.calls.checkServer(undefined)).failure?.code).toBe('connection-lost')
  app.uploader.applySettings({ ...settings, server: `${cloud.origin}/elsewhere` })
  expect(valueOf(await app.calls.checkServer(undefined)).failure?.code).toBe('not-the-api')
})

test('a clock that differs from the server’s is told', async () => {
  const { app, clock } = await setup({ cloud: { now: Date.now } })
  clock.advance(20 * 60_000)
  const { failure, clockAheadMs } = valueOf(await app.calls.checkServer(undefined))
  expect([failure, Math.round(clockAheadMs / 60_000)]).toEqual([null, 20])
})
