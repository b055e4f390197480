import { expect, test } from 'vitest'
import { createNetworkPoller } from '../../../../electron/desktop/network/network-poller.ts'
import { unknownNetwork, type NetworkStatus } from '../../../../electron/desktop/network/network-status.ts'
import { standingClock, testPorts } from '../../../support/hand-clock.ts'

const everyMs = 5 * 60_000
const phone: NetworkStatus = { metered: 'yes', line: { id: 'uuid-2', name: 'Phone' } }

function setup() {
  const world = { matters: true, network: unknownNetwork, error: null as Error | null, reads: 0 }
  const clock = standingClock()
  const environment = testPorts(clock)
  const told: NetworkStatus[] = []
  const watch = createNetworkPoller({
    async read() {
      world.reads += 1
      if (world.error) throw world.error
      return world.network
    },
    isNeeded: () => world.matters,
    onChange: (network) => void told.push(network),
    environment,
  })
  return { world, clock, told, watch, lines: environment.lines }
}

test('the network is read every five minutes while something is to be sent, and told when it changed', async () => {
  const { world, clock, told, watch } = setup()
  watch.setActive(true)
  watch.setActive(true)
  await expect.poll(() => clock.waits()).toEqual([everyMs])
  clock.advance(everyMs)
  await expect.poll(() => clock.waits()).toEqual([everyMs])
  expect([world.reads, told]).toEqual([2, [unknownNetwork]])
  world.network = phone
  clock.advance(everyMs)
  await expect.poll(() => told).toEqual([unknownNetwork, phone])
  watch.setActive(false)
  expect(clock.waits()).toEqual([])
})

test('a network that can’t be read is logged and read again five minutes later', async () => {
  const { world, clock, told, watch, lines } = setup()
  world.error = new Error('no answer')
  watch.setActive(true)
  await expect
    .poll(() => lines)
    .toEqual([
      { level: 'warn', message: 'the network status could not be read', facts: { error: world.error } },
    ])
  expect(clock.waits()).toEqual([everyMs])
  world.error = null
  clock.advance(everyMs)
  await expect.poll(() => told).toEqual([unknownNetwork])
})

test('while nothing is to be sent, a look reads once and starts no timer', async () => {
  const { clock, told, watch } = setup()
  watch.refresh()
  await expect.poll(() => told).toEqual([unknownNetwork])
  expect(clock.waits()).toEqual([])
})

test('a network that matters to nobody is not read, and the timer ends', async () => {
  const { world, clock, watch } = setup()
  watch.setActive(true)
  await expect.poll(() => clock.waits()).toEqual([everyMs])
  world.matters = false
  watch.refresh()
  expect([world.reads, clock.waits()]).toEqual([1, []])
})
