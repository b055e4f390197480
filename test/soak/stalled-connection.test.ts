import { expect, test } from 'vitest'
import { setup } from '../support/engine.ts'

test('aborts a connection without progress for 30 s and sends the file again', async () => {
  const { app, cloud, clock, file } = await setup()
  cloud.fail({ on: 'put-object', how: 'stall', after: 1_000_000 })
  // More than socket buffers hold: once all bytes are sent, the app waits minutes for the response.
  const [id = ''] = await app.add(await file('model.safetensors', { sizeBytes: 24_000_000 }))
  expect((await app.phase(id, 'retrying')).failure?.code).toBe('timed-out')
  clock.advance(60_000)
  expect(await app.settled(id)).toMatchObject({ phase: 'registered' })
})
