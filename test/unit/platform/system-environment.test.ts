import { expect, test } from 'vitest'
import { createEnvironment, realTimers } from '../../../electron/platform/system-environment.ts'
import { createTestEnvironment, standingClock } from '../../support/hand-clock.ts'

test('the addresses of the computer are not those by which it reaches itself', () => {
  const { log } = createTestEnvironment(standingClock())
  const { networkAddresses } = createEnvironment(log, async () => ['direct'])
  const addresses = networkAddresses?.().split(' ')
  expect(addresses).not.toContain('127.0.0.1')
  expect(addresses).not.toContain('::1')
})

test('a timer that was cancelled does not fire', async () => {
  const fired: string[] = []
  const cancel = realTimers.after(1, () => fired.push('cancelled'))
  cancel()
  await new Promise<void>((resolve) => {
    realTimers.after(2, resolve)
  })
  expect(fired).toEqual([])
})
