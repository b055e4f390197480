// Runs with its own session bus as a fake system bus, with a network and a battery that change. Prints each
// report as one line of JSON.
import { Message, sessionBus } from '@jellybrick/dbus-next'
import { once } from 'node:events'
import process from 'node:process'
import { createBatteryMonitor } from '../../../electron/desktop/power/battery-monitor.ts'
import { watchNetworkManager } from '../../../electron/desktop/network/linux-network-manager.ts'
import { realTimers } from '../../../electron/platform/system-environment.ts'
import type { Timers } from '../../../electron/platform/environment.ts'
import { fakeService, variant } from '../../support/fake-bus.ts'

process.env['DBUS_SYSTEM_BUS_ADDRESS'] = process.env['DBUS_SESSION_BUS_ADDRESS']
const print = (found: object) => void process.stdout.write(`${JSON.stringify(found)}\n`)
const immediateTimers: Timers = {
  after(delayMs, callback) {
    print({ delayMs })
    return realTimers.after(0, callback)
  },
}
const log = {
  info: (message: string, facts?: object) => print({ message, ...facts }),
  warn: () => undefined,
  error: () => undefined,
}
const manager = 'org.freedesktop.NetworkManager'
const upower = 'org.freedesktop.UPower'
const at = { manager: '/org/freedesktop/NetworkManager', home: '/home', phone: '/phone' }
const batteries = '/org/freedesktop/UPower/devices/DisplayDevice'

let changeReported = Promise.withResolvers<void>()
function report(found: object): void {
  print(found)
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
  await watchNetworkManager({ platform: 'linux', onChange: report, timers: immediateTimers, log })
  await applyAndWait(() => service.change(at.manager, { Metered: 3, PrimaryConnection: at.phone }))
  await applyAndWait(() => service.change(at.manager, { Metered: 0, PrimaryConnection: '/' }))
}

/** NetworkManager does not reply to the first call after its signal. */
async function slowNetwork(): Promise<void> {
  const bus = sessionBus()
  await once(bus, 'connect')
  const values = new Map([
    ['Metered', variant('u', 3)],
    ['PrimaryConnection', variant('o', at.home)],
    ['Uuid', variant('s', 'uuid-home')],
    ['Id', variant('s', 'Home')],
  ])
  let ignoredCalls = 0
  bus.addMethodHandler((call) => {
    const value = values.get(String(call.body[1]))
    if (call.member !== 'Get' || !value) return false
    if (ignoredCalls > 0) ignoredCalls -= 1
    else bus.send(Message.newMethodReturn(call, 'v', [value]))
    return true
  })
  await bus.requestName(manager, 0)
  await watchNetworkManager({ platform: 'linux', onChange: report, timers: immediateTimers, log })
  await applyAndWait(() => {
    ignoredCalls = 1
    values.set('Metered', variant('u', 4))
    const properties = 'org.freedesktop.DBus.Properties'
    const body = [manager, {}, []]
    bus.send(Message.newSignal(at.manager, properties, 'PropertiesChanged', 'sa{sv}as', body))
  })
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

const scenarios: Readonly<Record<string, () => Promise<void>>> = {
  network,
  'slow-network': slowNetwork,
  battery,
}
await scenarios[process.argv[2] ?? '']?.()
process.exit(0)
