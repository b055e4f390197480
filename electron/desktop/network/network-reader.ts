import { createHash } from 'node:crypto'
import * as v from 'valibot'
import { powerShellCommand, type RunProgram } from '../../platform/run-program.ts'
import { unknownNetwork, type NetworkStatus } from './network-status.ts'

/**
 * Reads the network and whether it is metered, on systems where this has to be polled. macOS reports no cost.
 * Null for Linux, which sends events (linux-network-manager.ts), and for other systems.
 */
export function networkStatusReader(
  platform: NodeJS.Platform,
  run: RunProgram,
): (() => Promise<NetworkStatus>) | null {
  switch (platform) {
    case 'win32':
      return async () => parseWindowsStatus(await run(costQuery.program, costQuery.words))
    case 'darwin':
      return () => readMacStatus(run)
    default:
      return null
  }
}

/** Hashed, since the id is stored in the settings and must not reveal the network. */
const networkId = (...parts: readonly string[]) =>
  createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 32)

const costQuery = powerShellCommand(
  [
    '[Console]::OutputEncoding = [Text.Encoding]::UTF8',
    '$info = [Windows.Networking.Connectivity.NetworkInformation, Windows, ContentType = WindowsRuntime]',
    '$line = $info::GetInternetConnectionProfile()',
    'if ($line) { @{ cost = [string]$line.GetConnectionCost().NetworkCostType; name = $line.ProfileName;' +
      ' adapter = [string]$line.NetworkAdapter.NetworkAdapterId } | ConvertTo-Json -Compress }',
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

function parseWindowsStatus(output: string): NetworkStatus {
  const parsed = v.safeParse(v.pipe(v.string(), v.trim(), v.parseJson(), windowsProfile), output)
  if (!parsed.success) return unknownNetwork
  const { cost, name, adapter } = parsed.output
  const metered = meteredByCost[cost] ?? 'unknown'
  return { metered, line: name === '' ? null : { id: networkId(adapter, name), name } }
}

/**
 * macOS reveals network names only to programs with the location permission. Networks are identified by the
 * router's MAC address instead, since many routers have the same IP address.
 */
async function readMacStatus(run: RunProgram): Promise<NetworkStatus> {
  const route = await run('route', ['-n', 'get', 'default'])
  const device = /^\s*interface: (\S+)$/m.exec(route)?.[1]
  const gateway = /^\s*gateway: (\S+)$/m.exec(route)?.[1]
  if (device === undefined || gateway === undefined) return unknownNetwork
  const neighbour = await run('arp', ['-n', gateway])
  const macAddress = / at ((?:[0-9a-f]{1,2}:){5}[0-9a-f]{1,2}) /i.exec(neighbour)?.[1]
  const hardwarePorts = await run('networksetup', ['-listallhardwareports'])
  const port = [...hardwarePorts.matchAll(/^Hardware Port: (.+)\nDevice: (\S+)$/gm)].find(
    ([, , portDevice]) => portDevice === device,
  )
  return {
    metered: 'unknown',
    line: { id: networkId(device, macAddress ?? gateway), name: `${port?.[1] ?? device} (${gateway})` },
  }
}
