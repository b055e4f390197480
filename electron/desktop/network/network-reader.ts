import { createHash } from 'node:crypto'
import * as v from 'valibot'
import { powerShellCommand, type RunProgram } from '../../platform/run-program.ts'
import { unknownNetwork, type NetworkStatus } from './network-status.ts'

/**
 * Reads the network and whether it is metered, on systems where this has to be polled. macOS reports no cost.
 * Null for Linux, which sends events (linux-network-manager.ts), and for other systems. The reader returns null
 * when the status could not be read.
 */
export function networkStatusReader(
  platform: NodeJS.Platform,
  run: RunProgram,
): (() => Promise<NetworkStatus | null>) | null {
  switch (platform) {
    case 'win32':
      return async () => parseWindowsStatus(await run(costQuery.program, costQuery.words))
    case 'darwin':
      return createMacReader(run)
    default:
      return null
  }
}

/** Hashed, since the id is stored in the settings and must not reveal the network. */
const networkId = (...parts: readonly string[]) =>
  createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 32)

/** Prints `{}` without a connection profile, and nothing after an error. */
const costQuery = powerShellCommand(
  [
    '[Console]::OutputEncoding = [Text.Encoding]::UTF8',
    "$ErrorActionPreference = 'Stop'",
    '$info = [Windows.Networking.Connectivity.NetworkInformation, Windows, ContentType = WindowsRuntime]',
    '$line = $info::GetInternetConnectionProfile()',
    'if ($line) { @{ cost = [string]$line.GetConnectionCost().NetworkCostType; name = $line.ProfileName;' +
      ' adapter = [string]$line.NetworkAdapter.NetworkAdapterId } | ConvertTo-Json -Compress }' +
      " else { '{}' }",
  ].join('; '),
)
/**
 * `NetworkCostType` (learn.microsoft.com, Windows.Networking.Connectivity): fixed and variable networks are
 * metered.
 */
const meteredByCost: Readonly<Record<string, NetworkStatus['metered']>> = {
  Unrestricted: 'no',
  Fixed: 'yes',
  Variable: 'yes',
}
const windowsProfile = v.object({ cost: v.string(), name: v.string(), adapter: v.string() })

function parseWindowsStatus(output: string): NetworkStatus | null {
  if (output.trim() === '{}') return unknownNetwork
  const parsed = v.safeParse(v.pipe(v.string(), v.trim(), v.parseJson(), windowsProfile), output)
  if (!parsed.success) return null
  const { cost, name, adapter } = parsed.output
  const metered = meteredByCost[cost] ?? 'unknown'
  return { metered, line: name === '' ? null : { id: networkId(adapter, name), name } }
}

interface MacRoute {
  readonly device: string
  readonly gateway: string
}

/**
 * macOS reveals network names only to programs with the location permission. Networks are identified by the
 * router's MAC address instead, since many routers have the same IP address. A router without one, such as that
 * of a VPN, is identified by its IP address.
 */
function createMacReader(run: RunProgram): () => Promise<NetworkStatus | null> {
  /** The last route whose router had a MAC address. */
  let identified: MacRoute | null = null

  return async () => {
    const output = await run('route', ['-n', 'get', 'default'])
    if (output === '') return null
    const route = parseMacRoute(output)
    if (!route) return unknownNetwork
    const { device, gateway } = route
    const neighbour = await run('arp', ['-n', gateway])
    const macAddress = / at ((?:[0-9a-f]{1,2}:){5}[0-9a-f]{1,2}) /i.exec(neighbour)?.[1]
    const isSameRoute = identified?.device === device && identified.gateway === gateway
    // After sleep, for example, the entry is incomplete for a moment.
    if (macAddress === undefined && isSameRoute) return null
    identified = macAddress === undefined ? null : route
    const portName = findPortName(await run('networksetup', ['-listallhardwareports']), device)
    const id = networkId(device, macAddress ?? gateway)
    return { metered: 'unknown', line: { id, name: `${portName ?? device} (${gateway})` } }
  }
}

function parseMacRoute(output: string): MacRoute | null {
  const device = /^\s*interface: (\S+)$/m.exec(output)?.[1]
  const gateway = /^\s*gateway: (\S+)$/m.exec(output)?.[1]
  return device === undefined || gateway === undefined ? null : { device, gateway }
}

function findPortName(hardwarePorts: string, device: string): string | undefined {
  const ports = hardwarePorts.matchAll(/^Hardware Port: (.+)\nDevice: (\S+)$/gm)
  return [...ports].find(([, , portDevice]) => portDevice === device)?.[1]
}
