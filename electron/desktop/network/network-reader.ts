import { createHash } from 'node:crypto'
import * as v from 'valibot'
import { powerShell, type RunProgram } from '../../platform/run-program.ts'
import { unknownNetwork, type NetworkStatus } from './network-manager.ts'

/**
 * Which line it is and whether it is paid by the byte, where that has to be asked for: Windows tells both, macOS the line
 * alone. Null for a system that tells it in another way, or not at all.
 */
export function networkStatusReader(
  platform: NodeJS.Platform,
  ask: RunProgram,
): (() => Promise<NetworkStatus>) | null {
  switch (platform) {
    case 'win32':
      return async () => parseWindowsStatus(await ask(...wordsOf(connectionCost)))
    case 'darwin':
      return () => readMacStatus(ask)
    default:
      return null
  }
}

const wordsOf = (command: string): [string, readonly string[]] => {
  const { program, words } = powerShell(command)
  return [program, words]
}

/** An id that says nothing of the network to whoever reads the settings. */
const idOf = (...parts: readonly string[]) =>
  createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 32)

/** `NetworkCostType` (learn.microsoft.com, Windows.Networking.Connectivity): fixed and variable lines are paid for. */
const connectionCost = [
  '[Console]::OutputEncoding = [Text.Encoding]::UTF8',
  '$info = [Windows.Networking.Connectivity.NetworkInformation, Windows, ContentType = WindowsRuntime]',
  '$line = $info::GetInternetConnectionProfile()',
  'if ($line) { @{ cost = [string]$line.GetConnectionCost().NetworkCostType; name = $line.ProfileName;' +
    ' adapter = [string]$line.NetworkAdapter.NetworkAdapterId } | ConvertTo-Json -Compress }',
].join('; ')
const costWords: Readonly<Record<string, NetworkStatus['metered']>> = {
  Unrestricted: 'no',
  Fixed: 'yes',
  Variable: 'yes',
}
const windowsLine = v.object({ cost: v.string(), name: v.string(), adapter: v.string() })

function parseWindowsStatus(printed: string): NetworkStatus {
  const parsed = v.safeParse(v.pipe(v.string(), v.trim(), v.parseJson(), windowsLine), printed)
  if (!parsed.success) return unknownNetwork
  const { cost, name, adapter } = parsed.output
  const metered = costWords[cost] ?? 'unknown'
  return { metered, line: name === '' ? null : { id: idOf(adapter, name), name } }
}

/**
 * macOS names no network to a program without a right to the person's whereabouts. The router tells them apart: by the
 * number of its interface, since half the world's have the same address.
 */
async function readMacStatus(ask: RunProgram): Promise<NetworkStatus> {
  const route = await ask('route', ['-n', 'get', 'default'])
  const device = /^\s*interface: (\S+)$/m.exec(route)?.[1]
  const gateway = /^\s*gateway: (\S+)$/m.exec(route)?.[1]
  if (device === undefined || gateway === undefined) return unknownNetwork
  const neighbour = await ask('arp', ['-n', gateway])
  const number = / at ((?:[0-9a-f]{1,2}:){5}[0-9a-f]{1,2}) /i.exec(neighbour)?.[1]
  const environment = await ask('networksetup', ['-listallhardwareports'])
  const port = [...environment.matchAll(/^Hardware Port: (.+)\nDevice: (\S+)$/gm)].find(
    ([, , at]) => at === device,
  )
  return {
    metered: 'unknown',
    line: { id: idOf(device, number ?? gateway), name: `${port?.[1] ?? device} (${gateway})` },
  }
}
