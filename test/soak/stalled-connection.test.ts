import { expect, test } from 'vitest'
import { setup } from '../support/engine.ts'

test('a connection on which nothing moves for 30 s is cut and the file is sent again', async () => {
  const { app, cloud, clock, file } = await setup()
  cloud.fail({ on: 'put-object', how: 'stall', after: 1_000_000 })
  // More than socket buffers hold: once all bytes are sent, the app waits minutes for the answer.
  const [id = ''] = await app.add(await file('model.safetensors', { sizeBytes: 24_000_000 }))
  expect((await app.phase(id, 'retrying')).failure?.code).toBe('timed-out')
  clock.advance(60_000)
  expect(await app.settled(id)).toMatchObject({ phase: 'registered' })
})
