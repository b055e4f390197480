import { execFile } from 'node:child_process'
import { join } from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { watchNetworkManager } from '../../../electron/desktop/network/linux-network-manager.ts'
import { unknownNetwork, type NetworkStatus } from '../../../electron/desktop/network/network-status.ts'
import { realTimers } from '../../../electron/platform/system-environment.ts'

const run = promisify(execFile)
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined }

/** Runs the scenario with its own bus and returns the reports in order. */
async function reportsOf(scenario: string): Promise<unknown[]> {
  const program = join(import.meta.dirname, 'network-and-battery-process.ts')
  const { stdout } = await run('dbus-run-session', ['--', process.execPath, program, scenario])
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown)
}

test('NetworkManager reports network and cost, initially and at each change', async () => {
  // The log doesn't name the networks.
  const message = 'the network changed'
  expect(await reportsOf('network')).toEqual([
    { message, metered: 'no', isConnected: true },
    { metered: 'no', line: { id: 'uuid-home', name: 'Home' } },
    { message, metered: 'yes', isConnected: true },
    { metered: 'yes', line: { id: 'uuid-phone', name: 'Phone' } },
    { message, metered: 'unknown', isConnected: false },
    unknownNetwork,
  ])
})

test('a status that NetworkManager does not return in time is read again after five seconds', async () => {
  const reports = await reportsOf('slow-network')
  expect(reports.filter((report) => !Object.hasOwn(report as object, 'message'))).toEqual([
    { metered: 'yes', line: { id: 'uuid-home', name: 'Home' } },
    { delayMs: 5_000 },
    { metered: 'no', line: { id: 'uuid-home', name: 'Home' } },
  ])
})

test('UPower reports power source and level, initially and at each change', async () => {
  expect(await reportsOf('battery')).toEqual([
    { isOnBattery: false, percent: 80 },
    { isOnBattery: true, percent: 80 },
    { isOnBattery: true, percent: 19 },
  ])
})

test.each(['darwin', 'win32'] as const)('%s has no NetworkManager and reports nothing', async (platform) => {
  const reported: NetworkStatus[] = []
  await watchNetworkManager({
    platform,
    onChange: (network) => void reported.push(network),
    timers: realTimers,
    log: silent,
  })
  expect(reported).toEqual([])
})
