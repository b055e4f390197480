// Runs in a session of its own, whose bus plays the system's: a network and a battery that change. Prints what is found,
// one JSON a line.
import process from 'node:process'
import { createBatteryMonitor } from '../../../electron/desktop/power/battery-monitor.ts'
import { watchNetworkManager } from '../../../electron/desktop/network/network-manager.ts'
import { realTimers } from '../../../electron/platform/system-environment.ts'
import { fakeService } from '../../support/fake-bus.ts'

process.env['DBUS_SYSTEM_BUS_ADDRESS'] = process.env['DBUS_SESSION_BUS_ADDRESS']
const log = { info: () => undefined, warn: () => undefined, error: () => undefined }
const manager = 'org.freedesktop.NetworkManager'
const upower = 'org.freedesktop.UPower'
const at = { manager: '/org/freedesktop/NetworkManager', home: '/home', phone: '/phone' }
const batteries = '/org/freedesktop/UPower/devices/DisplayDevice'

let heard = Promise.withResolvers<void>()
function say(found: object): void {
  process.stdout.write(`${JSON.stringify(found)}\n`)
  heard.resolve()
}
async function afterwards(change: () => void): Promise<void> {
  heard = Promise.withResolvers<void>()
  change()
  await heard.promise
}

async function network(): Promise<void> {
  const line = (uuid: string, id: string) =>
    ({ [`${manager}.Connection.Active`]: { Uuid: ['s', uuid], Id: ['s', id] } }) as const
  const service = await fakeService(manager, {
    [at.manager]: { [manager]: { Metered: ['u', 4], PrimaryConnection: ['o', at.home] } },
    [at.home]: line('uuid-home', 'Home'),
    [at.phone]: line('uuid-phone', 'Phone'),
  })
  await watchNetworkManager({ platform: 'linux', onChange: say, log })
  await afterwards(() => service.change(at.manager, { Metered: 3, PrimaryConnection: at.phone }))
  await afterwards(() => service.change(at.manager, { Metered: 0, PrimaryConnection: '/' }))
}

async function battery(): Promise<void> {
  const service = await fakeService(upower, {
    '/org/freedesktop/UPower': { [upower]: { OnBattery: ['b', false] } },
    [batteries]: { [`${upower}.Device`]: { Percentage: ['d', 80.4] } },
  })
  const watch = createBatteryMonitor({
    ...{ platform: 'linux', isOnBattery: () => false, readLevel: async () => null, isNeeded: () => true },
    ...{ onChange: say, environment: { timers: realTimers, log } },
  })
  await afterwards(watch.refresh)
  await afterwards(() => service.change('/org/freedesktop/UPower', { OnBattery: true }))
  await afterwards(() => service.change(batteries, { Percentage: 19.2 }))
}

await (process.argv[2] === 'network' ? network() : battery())
process.exit(0)
