import { expect, test } from 'vitest'
import { createUpdateRecord } from '../../../../electron/desktop/updates/update-record.ts'
import { standingClock } from '../../../support/hand-clock.ts'

function setup(isSeen: boolean) {
  let stored: Record<string, unknown> = {}
  const clock = standingClock()
  const memory = {
    read: () => stored,
    write: (change: Readonly<Record<string, unknown>>) => void (stored = { ...stored, ...change }),
  }
  const start = () => createUpdateRecord({ memory, isWindowVisible: () => isSeen, now: clock.now })
  return { clock, start }
}

test('a window that nobody saw before an update stays away after it, at that start alone', () => {
  const { clock, start } = setup(false)
  expect(start().wasStartedHidden()).toBe(false)
  start().intended.write('1.1.0')
  clock.advance(40_000)
  expect([start().wasStartedHidden(), start().intended.read()]).toEqual([true, '1.1.0'])
  start().intended.write(null)
  expect([start().wasStartedHidden(), start().intended.read()]).toEqual([false, null])
})

test('a window that was seen comes back', () => {
  const { start } = setup(true)
  start().intended.write('1.1.0')
  expect(start().wasStartedHidden()).toBe(false)
})

test('a start that comes long after the update is a person’s own', () => {
  const { clock, start } = setup(false)
  start().intended.write('1.1.0')
  clock.advance(6 * 60_000)
  expect(start().wasStartedHidden()).toBe(false)
})

test('the version that was refused is kept until another word', () => {
  const { start } = setup(false)
  start().refused.write('1.1.0')
  expect(start().refused.read()).toBe('1.1.0')
  start().refused.write(null)
  expect(start().refused.read()).toBe(null)
})
