import { expect, test } from 'vitest'
import { createUpdateRecord } from '../../../../electron/desktop/updates/update-record.ts'
import { standingClock } from '../../../support/hand-clock.ts'

function setup(isSeen: boolean) {
  let stored: Record<string, unknown> = {}
  const clock = standingClock()
  const memory = {
    read: () => stored,
    write(change: Readonly<Record<string, unknown>>) {
      stored = { ...stored, ...change }
      return true
    },
  }
  const start = () => createUpdateRecord({ memory, isWindowVisible: () => isSeen, now: clock.now })
  return { clock, start }
}

test('a window hidden before an update stays hidden at the start after it', () => {
  const { clock, start } = setup(false)
  expect(start().wasStartedHidden()).toBe(false)
  start().intended.write('1.1.0')
  clock.advance(40_000)
  expect([start().wasStartedHidden(), start().intended.read()]).toEqual([true, '1.1.0'])
  start().intended.write(null)
  expect([start().wasStartedHidden(), start().intended.read()]).toEqual([false, null])
})
