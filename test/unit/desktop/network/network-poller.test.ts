import { expect, test } from 'vitest'
import { createNetworkPoller } from '../../../../electron/desktop/network/network-poller.ts'
import { unknownNetwork, type NetworkStatus } from '../../../../electron/desktop/network/network-status.ts'
import { standingClock, createTestEnvironment } from '../../../support/hand-clock.ts'

const intervalMs = 5 * 60_000
const firstRetryMs = 30_000
const phone: NetworkStatus = { metered: 'yes', line: { id: 'uuid-2', name: 'Phone' } }

function setup() {
  const fake = {
    isNeeded: true,
    network: unknownNetwork as NetworkStatus | null,
    error: null as Error | null,
    reads: 0,
  }
  const clock = standingClock()
  const environment = createTestEnvironment(clock)
  const reported: NetworkStatus[] = []
  const poller = createNetworkPoller({
    async read() {
      fake.reads += 1
      if (fake.error) throw fake.error
      return fake.network
    },
    isNeeded: () => fake.isNeeded,
    onChange: (network) => void reported.push(network),
    environment,
  })
  return { fake, clock, reported, poller, lines: environment.lines }
}

test('a failed read keeps the last status and is repeated after 30 seconds', async () => {
  const { fake, clock, reported, poller } = setup()
  fake.network = phone
  poller.setActive(true)
  await expect.poll(() => clock.waits()).toEqual([intervalMs])
  fake.network = null
  clock.advance(intervalMs)
  await expect.poll(() => clock.waits()).toEqual([firstRetryMs])
  fake.network = unknownNetwork
  clock.advance(firstRetryMs)
  await expect.poll(() => reported).toEqual([phone, unknownNetwork])
  expect(clock.waits()).toEqual([intervalMs])
})

test('the network is not read when no setting needs it', async () => {
  const { fake, clock, poller } = setup()
  poller.setActive(true)
  await expect.poll(() => clock.waits()).toEqual([intervalMs])
  fake.isNeeded = false
  poller.refresh()
  expect([fake.reads, clock.waits()]).toEqual([1, []])
})

test('two reads at the same time start one timer', async () => {
  const { fake, clock, reported, poller } = setup()
  poller.setActive(true)
  fake.network = phone
  poller.refresh()
  await expect.poll(() => reported).toEqual([unknownNetwork, phone])
  expect(clock.waits()).toEqual([intervalMs])
})
