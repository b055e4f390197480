import { expect, test } from 'vitest'
import { deadAfterMs } from '../../../electron/queue/dead-connections.ts'
import { checkEveryMs } from '../../../electron/queue/network-changes.ts'
import { setup } from '../../support/engine.ts'

test('restarts a connection that died during sleep soon after the computer wakes', async () => {
  const { app, cloud, clock, file, countOf } = await setup()
  // The socket stays open and its buffers accept data, but nothing is read or answered.
  cloud.fail({ on: 'put-object', how: 'stall', after: 1_000_000 })
  const [id = ''] = await app.add(await file('loras/style.safetensors', { sizeBytes: 12_000_000 }))
  await app.until(() => app.row(id).phase === 'sending' && app.row(id).inFlightBytes > 0)
  app.engine.networkChanged()
  for (let check = 0; check < 3; check += 1) clock.advance(deadAfterMs)
  const row = await app.settled(id)
  expect([row.phase, row.failure, countOf('put-object')]).toEqual(['registered', null, 2])
})

test('restarts dead connections after it has noticed other network addresses', async () => {
  let addresses = '192.0.2.1'
  const { app, cloud, clock, file, countOf } = await setup({ networkAddresses: () => addresses })
  cloud.fail({ on: 'put-object', how: 'stall', after: 1_000_000 })
  let isRunning = false
  let reported = 0
  app.engine.subscribe({
    // Addresses are checked from the first patch with a running upload.
    patch: ({ totals }) => (isRunning ||= totals.running > 0),
    networkChanged: () => (reported += 1),
  })
  const [id = ''] = await app.add(await file('loras/style.safetensors', { sizeBytes: 12_000_000 }))
  await app.until(() => isRunning && app.row(id).phase === 'sending' && app.row(id).inFlightBytes > 0)
  addresses = '198.51.100.7'
  clock.advance(checkEveryMs)
  expect(reported).toBe(1)
  for (let check = 0; check < 3; check += 1) clock.advance(deadAfterMs)
  const row = await app.settled(id)
  expect([row.phase, row.failure, countOf('put-object')]).toEqual(['registered', null, 2])
})
