import { expect, test } from 'vitest'
import { createProgressWatch } from '../../../electron/desktop/power/progress-watch.ts'
import { createDeadConnectionMonitor, deadAfterMs } from '../../../electron/desktop/power/dead-connections.ts'
import { setup } from '../../support/engine.ts'

test('a connection that a sleep has killed without a word is cut soon after the wake, and the file goes anew', async () => {
  const { app, cloud, clock, environment, file, countOf } = await setup()
  const movement = createProgressWatch(clock.now)
  const standstill = createDeadConnectionMonitor({
    engine: app.engine,
    movement,
    environment,
    log: environment.log,
  })
  app.engine.subscribe({
    patch(patch) {
      standstill.totals(patch.totals)
      movement.patch(patch)
    },
  })
  // The socket stays open and takes what its buffers hold; nobody reads it, nobody answers.
  cloud.fail({ on: 'put-object', how: 'stall', after: 1_000_000 })
  const [id = ''] = await app.add(await file('loras/style.safetensors', { sizeBytes: 12_000_000 }))
  await app.until(() => app.row(id).phase === 'sending' && app.row(id).inFlightBytes > 0)
  standstill.lineChanged()
  for (let looks = 0; looks < 3; looks += 1) clock.advance(deadAfterMs)
  const row = await app.settled(id)
  expect([row.phase, row.failure, countOf('put-object')]).toEqual(['registered', null, 2])
})
