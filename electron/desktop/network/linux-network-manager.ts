import type { NetworkName } from '../../contract/conditions.ts'
import { openDbus, type Dbus } from '../../platform/dbus.ts'
import type { Log } from '../../platform/environment.ts'
import type { NetworkStatus } from './network-status.ts'

const manager = 'org.freedesktop.NetworkManager'
const managerObject = {
  destination: manager,
  path: '/org/freedesktop/NetworkManager',
  interface: manager,
} as const

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
  readonly log: Log
}): Promise<{ readonly close: () => void }> {
  const { platform, onChange, log } = options
  const bus = platform === 'linux' ? await openDbus('system') : null
  if (!bus) return { close: () => undefined }
  let lastReported = ''
  async function readAndReport(from: Dbus): Promise<void> {
    const status = await readStatus(from)
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
  return { close: () => bus.close() }
}

async function readStatus(bus: Dbus): Promise<NetworkStatus> {
  const metered = await bus.property(managerObject, 'Metered')
  const path = await bus.property(managerObject, 'PrimaryConnection')
  return { metered: meteredValues[Number(metered)] ?? 'unknown', line: await readConnection(bus, path) }
}

async function readConnection(bus: Dbus, path: unknown): Promise<NetworkName | null> {
  // `/` means that there is no connection.
  if (typeof path !== 'string' || path === '/') return null
  const active = { destination: manager, path, interface: `${manager}.Connection.Active` }
  const id = await bus.property(active, 'Uuid')
  const name = await bus.property(active, 'Id')
  if (typeof id !== 'string' || id === '') return null
  return { id, name: typeof name === 'string' && name !== '' ? name : id }
}
