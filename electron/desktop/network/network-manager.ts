import { networkInterfaces } from 'node:os'
import type { Conditions, NetworkName } from '../../contract/conditions.ts'
import type { Log } from '../../platform/environment.ts'
import { openDbus, type Dbus } from '../../platform/dbus.ts'

export type NetworkStatus = Conditions['network']
export const unknownNetwork: NetworkStatus = { metered: 'unknown', line: null }

const manager = 'org.freedesktop.NetworkManager'
const managerItself = {
  destination: manager,
  path: '/org/freedesktop/NetworkManager',
  interface: manager,
} as const

/** NMMetered (networkmanager.dev): 1 and 3 are yes and guessed yes, 2 and 4 no and guessed no, 0 is unknown. */
const meteredWords: Readonly<Record<number, NetworkStatus['metered']>> = {
  1: 'yes',
  2: 'no',
  3: 'yes',
  4: 'no',
}

/**
 * Follows NetworkManager: which line it is and whether it is paid by the byte. Windows and macOS have to be asked
 * (line-reader.ts); without NetworkManager it stays unknown.
 */
export async function watchNetworkManager(options: {
  readonly platform: NodeJS.Platform
  readonly onChange: (network: NetworkStatus) => void
  readonly log: Log
}): Promise<{ readonly close: () => void }> {
  const { platform, onChange: changed, log } = options
  const bus = platform === 'linux' ? await openDbus('system') : null
  if (!bus) return { close: () => undefined }
  let told = ''
  async function look(from: Dbus): Promise<void> {
    const now = await readStatus(from)
    const text = JSON.stringify(now)
    if (text === told) return
    told = text
    // Its name is often the person's, or says where they are: it stays out of what may be sent to somebody.
    log.info('the network is', { metered: now.metered, isThere: now.line !== null })
    changed(now)
  }
  await bus.listen(`type='signal',path='${managerItself.path}',member='PropertiesChanged'`, (signal) => {
    if (signal.path === managerItself.path && signal.member === 'PropertiesChanged') void look(bus)
  })
  await look(bus)
  return { close: () => bus.close() }
}

async function readStatus(bus: Dbus): Promise<NetworkStatus> {
  const metered = await bus.property(managerItself, 'Metered')
  const path = await bus.property(managerItself, 'PrimaryConnection')
  return { metered: meteredWords[Number(metered)] ?? 'unknown', line: await readConnection(bus, path) }
}

async function readConnection(bus: Dbus, path: unknown): Promise<NetworkName | null> {
  // `/` stands for none.
  if (typeof path !== 'string' || path === '/') return null
  const active = { destination: manager, path, interface: `${manager}.Connection.Active` }
  const [id, name] = [await bus.property(active, 'Uuid'), await bus.property(active, 'Id')]
  if (typeof id !== 'string' || id === '') return null
  return { id, name: typeof name === 'string' && name !== '' ? name : id }
}

/** How often addresses are compared while something is under way, in ms. */
const lookEveryMs = 5_000

const addressesNow = () =>
  Object.values(networkInterfaces())
    .flatMap((addresses) => (addresses ?? []).filter(({ internal }) => !internal))
    .map(({ address }) => address)
    .sort()
    .join(' ')

/**
 * Notices on every system that the computer has other addresses than before: a cable, another WLAN, a VPN. It looks only
 * while it is told that something is under way, so that an idle app has no timer.
 */
export function createAddressMonitor(options: {
  readonly onChange: () => void
  readonly readAddresses?: () => string
}): { readonly setActive: (isActive: boolean) => void } {
  const { onChange: changed, readAddresses: addresses = addressesNow } = options
  let known = addresses()
  let timer: NodeJS.Timeout | null = null

  function look(): void {
    const now = addresses()
    if (now === known) return
    known = now
    changed()
  }

  return {
    setActive(isActive) {
      if (isActive && !timer) {
        look()
        timer = setInterval(look, lookEveryMs)
        timer.unref()
      }
      if (!isActive && timer) {
        clearInterval(timer)
        timer = null
      }
    },
  }
}
