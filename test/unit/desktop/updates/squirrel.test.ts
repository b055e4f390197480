import { EventEmitter } from 'node:events'
import { expect, test } from 'vitest'
import { createSquirrel } from '../../../../electron/desktop/updates/squirrel.ts'
import { updateFailure } from '../../../../electron/desktop/updates/update-errors.ts'
import { standingClock } from '../../../support/hand-clock.ts'

function setup() {
  const clock = standingClock()
  const native = Object.assign(new EventEmitter(), {
    checks: 0,
    checkForUpdates() {
      native.checks += 1
      native.emit('checking-for-update')
    },
  })
  const squirrel = createSquirrel(native, clock.timers)
  const codeOf = (work: Promise<void>) =>
    work.then(
      () => 'taken',
      (error: unknown) => updateFailure(error).code,
    )
  return { clock, native, squirrel, codeOf }
}

test('prepare passes the file to Squirrel once', async () => {
  const { native, squirrel, codeOf, clock } = setup()
  const taken = codeOf(squirrel.prepare())
  native.emit('update-downloaded')
  expect([await taken, await codeOf(squirrel.prepare()), native.checks]).toEqual(['taken', 'taken', 1])
  expect(clock.waits()).toEqual([])
})

test.for([
  ['Cannot update while running on a read-only volume.', 'update-not-writable'],
  ['Could not get code signature for running application', 'update-not-installed'],
])('a failure (%s) rejects, and prepare can be repeated', async ([message, code]) => {
  const { native, squirrel, codeOf } = setup()
  const refused = codeOf(squirrel.prepare())
  native.emit('error', new Error(message))
  expect(await refused).toBe(code)
  const again = codeOf(squirrel.prepare())
  native.emit('update-downloaded')
  expect([await again, native.checks]).toEqual(['taken', 2])
})
