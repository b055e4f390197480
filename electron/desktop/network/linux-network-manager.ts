import type { NetworkName } from '../../contract/conditions.ts'
import { openDbus, type Dbus } from '../../platform/dbus.ts'
import type { Log, Timers } from '../../platform/environment.ts'
import type { NetworkStatus } from './network-status.ts'

const manager = 'org.freedesktop.NetworkManager'
const managerObject = {
  destination: manager,
  path: '/org/freedesktop/NetworkManager',
  interface: manager,
} as const

/** A status that NetworkManager did not return in time is read again after this delay. */
const retryDelayMs = 5_000

/**
 * NMMetered (networkmanager.dev): 1 and 3 are yes and guessed yes, 2 and 4 no and guessed no, 0 is unknown.
 */
const meteredValues: Readonly<Record<number, NetworkStatus['metered']>> = {
  1: 'yes',
  2: 'no',
  3: 'yes',
  4: 'no',
}

/**
 * Reports NetworkManager's primary connection and whether it is metered, now and at each change. On Windows
 * and macOS, where the status has to be polled (network-reader.ts), and without NetworkManager it reports
 * nothing.
 */
export async function watchNetworkManager(options: {
  readonly platform: NodeJS.Platform
  readonly onChange: (network: NetworkStatus) => void
  readonly timers: Timers
  readonly log: Log
}): Promise<void> {
  const { platform, onChange, timers, log } = options
  const bus = platform === 'linux' ? await openDbus('system') : null
  if (!bus) return
  let lastReported = ''
  let cancelRetry = () => {}
  async function readAndReport(from: Dbus): Promise<void> {
    const status = await readStatus(from)
    cancelRetry()
    if (!status) {
      cancelRetry = timers.after(retryDelayMs, () => void readAndReport(from))
      return
    }
    const text = JSON.stringify(status)
    if (text === lastReported) return
    lastReported = text
    // Without the name of the network, which may identify a user or a place: the log may be sent to
    // support.
    log.info('the network changed', { metered: status.metered, isConnected: status.line !== null })
    onChange(status)
  }
  await bus.listen(`type='signal',path='${managerObject.path}',member='PropertiesChanged'`, (signal) => {
    if (signal.path === managerObject.path && signal.member === 'PropertiesChanged') void readAndReport(bus)
  })
  await readAndReport(bus)
}

/** Null when NetworkManager did not reply in time. */
async function readStatus(bus: Dbus): Promise<NetworkStatus | null> {
  const metered = await bus.property(managerObject, 'Metered')
  if (metered === null) return null
  const path = await bus.property(managerObject, 'PrimaryConnection')
  if (path === null) return null
  const line = await readConnection(bus, path)
  return line === undefined ? null : { metered: meteredValues[Number(metered)] ?? 'unknown', line }
}

/** Null without a connection, undefined when NetworkManager did not reply in time. */
async function readConnection(bus: Dbus, path: unknown): Promise<NetworkName | null | undefined> {
  // `/` means that there is no connection.
  if (typeof path !== 'string' || path === '/') return null
  const active = { destination: manager, path, interface: `${manager}.Connection.Active` }
  const id = await bus.property(active, 'Uuid')
  if (id === null) return undefined
  const name = await bus.property(active, 'Id')
  if (name === null) return undefined
  if (typeof id !== 'string' || id === '') return null
  return { id, name: typeof name === 'string' && name !== '' ? name : id }
}
