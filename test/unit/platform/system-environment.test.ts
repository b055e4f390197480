import { networkInterfaces } from 'node:os'
import { expect, test } from 'vitest'
import { createEnvironment } from '../../../electron/platform/system-environment.ts'
import { createTestEnvironment, standingClock } from '../../support/hand-clock.ts'

test('lists the addresses of the computer without those by which it reaches itself', () => {
  const { log } = createTestEnvironment(standingClock())
  const { networkAddresses } = createEnvironment(log, async () => ['direct'])
  const external = Object.values(networkInterfaces())
    .flatMap((entries = []) => entries)
    .flatMap(({ internal, address }) => (internal ? [] : [address]))
  const listed = networkAddresses?.().split(' ').filter(Boolean)
  expect(listed).toEqual(external.sort())
})
