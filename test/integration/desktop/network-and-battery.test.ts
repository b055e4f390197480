import { execFile } from 'node:child_process'
import { join } from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { createAddressMonitor } from '../../../electron/desktop/network/address-monitor.ts'
import { watchNetworkManager } from '../../../electron/desktop/network/network-manager.ts'
import { unknownNetwork, type NetworkStatus } from '../../../electron/desktop/network/network-status.ts'

const run = promisify(execFile)
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined }

/** What is found, in order, on a bus of its own. */
async function foundOf(what: string): Promise<unknown[]> {
  const steps = join(import.meta.dirname, 'network-and-battery-process.ts')
  const { stdout } = await run('dbus-run-session', ['--', process.execPath, steps, what])
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown)
}

test('NetworkManager tells which line it is and whether it is metered, now and at each change', async () => {
  expect(await foundOf('network')).toEqual([
    { metered: 'no', line: { id: 'uuid-home', name: 'Home' } },
    { metered: 'yes', line: { id: 'uuid-phone', name: 'Phone' } },
    unknownNetwork,
  ])
})

test('UPower tells mains and level, now and at each change', async () => {
  expect(await foundOf('battery')).toEqual([
    { isOnBattery: false, percent: 80 },
    { isOnBattery: true, percent: 80 },
    { isOnBattery: true, percent: 19 },
  ])
})

test.each(['darwin', 'win32'] as const)(
  '%s tells nothing of the line, and nothing is made up',
  async (platform) => {
    const told: NetworkStatus[] = []
    await watchNetworkManager({ platform, onChange: (network) => void told.push(network), log: silent })
    expect(told).toEqual([])
  },
)

test('other addresses are noticed when it becomes active again', () => {
  let now = '10.0.0.2'
  let changes = 0
  const watch = createAddressMonitor({ onChange: () => (changes += 1), readAddresses: () => now })
  watch.setActive(true)
  expect(changes).toBe(0)
  watch.setActive(false)
  now = '192.168.1.7'
  watch.setActive(true)
  watch.setActive(false)
  expect(changes).toBe(1)
})
