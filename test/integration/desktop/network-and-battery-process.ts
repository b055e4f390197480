// Runs with its own session bus as a fake system bus, with a network and a battery that change. Prints each
// report as one line of JSON.
import process from 'node:process'
import { createBatteryMonitor } from '../../../electron/desktop/power/battery-monitor.ts'
import { watchNetworkManager } from '../../../electron/desktop/network/linux-network-manager.ts'
import { realTimers } from '../../../electron/platform/system-environment.ts'
import { fakeService } from '../../support/fake-bus.ts'

process.env['DBUS_SYSTEM_BUS_ADDRESS'] = process.env['DBUS_SESSION_BUS_ADDRESS']
const log = { info: () => undefined, warn: () => undefined, error: () => undefined }
const manager = 'org.freedesktop.NetworkManager'
const upower = 'org.freedesktop.UPower'
const at = { manager: '/org/freedesktop/NetworkManager', home: '/home', phone: '/phone' }
const batteries = '/org/freedesktop/UPower/devices/DisplayDevice'

let changeReported = Promise.withResolvers<void>()
function report(found: object): void {
  process.stdout.write(`${JSON.stringify(found)}\n`)
  changeReported.resolve()
}
async function applyAndWait(change: () => void): Promise<void> {
  changeReported = Promise.withResolvers<void>()
  change()
  await changeReported.promise
}

async function network(): Promise<void> {
  const line = (uuid: string, id: string) =>
    ({ [`${manager}.Connection.Active`]: { Uuid: ['s', uuid], Id: ['s', id] } }) as const
  const service = await fakeService(manager, {
    [at.manager]: { [manager]: { Metered: ['u', 4], PrimaryConnection: ['o', at.home] } },
    [at.home]: line('uuid-home', 'Home'),
    [at.phone]: line('uuid-phone', 'Phone'),
  })
  await watchNetworkManager({ platform: 'linux', onChange: report, log })
  await applyAndWait(() => service.change(at.manager, { Metered: 3, PrimaryConnection: at.phone }))
  await applyAndWait(() => service.change(at.manager, { Metered: 0, PrimaryConnection: '/' }))
}

async function battery(): Promise<void> {
  const service = await fakeService(upower, {
    '/org/freedesktop/UPower': { [upower]: { OnBattery: ['b', false] } },
    [batteries]: { [`${upower}.Device`]: { Percentage: ['d', 80.4] } },
  })
  const watch = createBatteryMonitor({
    platform: 'linux',
    isOnBattery: () => false,
    readLevel: async () => null,
    isNeeded: () => true,
    onChange: report,
    environment: { timers: realTimers, log },
  })
  await applyAndWait(watch.refresh)
  await applyAndWait(() => service.change('/org/freedesktop/UPower', { OnBattery: true }))
  await applyAndWait(() => service.change(batteries, { Percentage: 19.2 }))
}

await (process.argv[2] === 'network' ? network() : battery())
process.exit(0)
