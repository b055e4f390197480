import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runProgram, powerShellCommand, type RunProgram } from '../../platform/run-program.ts'

/** Reads the battery level in percent; null when there is no battery or the level is unknown. */
export type ReadBatteryLevel = () => Promise<number | null>

/**
 * Electron reports whether the computer runs on battery, but not the level. It is read from sysfs on Linux, by `pmset` on
 * macOS and from CIM on Windows.
 * @param folder the sysfs folder of power supplies on Linux
 */
export function batteryLevelReader(
  platform: NodeJS.Platform,
  folder = '/sys/class/power_supply',
  run: RunProgram = runProgram,
): ReadBatteryLevel {
  switch (platform) {
    case 'linux':
      return () => readSysfsLevel(folder)
    case 'darwin':
      return async () => parsePmsetOutput(await run('pmset', ['-g', 'batt']))
    case 'win32':
      return async () => parseCimOutput(await run(cimQuery.program, cimQuery.words))
    default:
      return async () => null
  }
}

const cimQuery = powerShellCommand('(Get-CimInstance -ClassName Win32_Battery).EstimatedChargeRemaining')

/** One line with a number for each battery (Win32_Battery, learn.microsoft.com). */
function parseCimOutput(output: string): number | null {
  return meanOf(
    output
      .split(/\r?\n/)
      .filter((line) => /^\s*\d{1,3}\s*$/.test(line))
      .map(Number),
  )
}

/** ` -InternalBattery-0 (id=…)	85%; discharging; 4:12 remaining present: true` */
function parsePmsetOutput(output: string): number | null {
  return meanOf([...output.matchAll(/InternalBattery.*?\t(\d{1,3})%/g)].map(([, percent]) => Number(percent)))
}

/** Skips the batteries of mice and headsets, which have the scope `Device` (kernel, sysfs-class-power). */
async function readSysfsLevel(folder: string): Promise<number | null> {
  const read = (name: string, file: string) =>
    readFile(join(folder, name, file), 'utf8').then(
      (text) => text.trim(),
      () => '',
    )
  const names = await readdir(folder).catch(() => [])
  const found = await Promise.all(
    names.map(async (name) => {
      const [type, scope, capacity] = await Promise.all([
        read(name, 'type'),
        read(name, 'scope'),
        read(name, 'capacity'),
      ])
      return type === 'Battery' && scope !== 'Device' && capacity !== '' ? [Number(capacity)] : []
    }),
  )
  return meanOf(found.flat())
}

function meanOf(percents: readonly number[]): number | null {
  if (percents.length === 0) return null
  return Math.round(percents.reduce((sum, percent) => sum + percent, 0) / percents.length)
}
