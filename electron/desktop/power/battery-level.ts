import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runProgram, powerShell, type RunProgram } from '../../platform/run-program.ts'

/** Reads how full the battery is, in percent; null where there is none or nobody tells. */
export type ReadBatteryLevel = () => Promise<number | null>

/**
 * Electron tells whether the computer runs on battery, and not how full it is. Linux has that in files, macOS tells it by
 * `pmset`, Windows by its CIM classes. @param folder Linux' folder of power supplies
 */
export function batteryLevelReader(
  platform: NodeJS.Platform,
  folder = '/sys/class/power_supply',
  ask: RunProgram = runProgram,
): ReadBatteryLevel {
  switch (platform) {
    case 'linux':
      return () => percentFromFolder(folder)
    case 'darwin':
      return async () => percentFromPmset(await ask('pmset', ['-g', 'batt']))
    case 'win32':
      return async () => percentFromCim(await ask(cim.program, cim.words))
    default:
      return async () => null
  }
}

const cim = powerShell('(Get-CimInstance -ClassName Win32_Battery).EstimatedChargeRemaining')

/** One number a battery, one line each (Win32_Battery, learn.microsoft.com). */
function percentFromCim(printed: string): number | null {
  return meanOf(
    printed
      .split(/\r?\n/)
      .filter((line) => /^\s*\d{1,3}\s*$/.test(line))
      .map(Number),
  )
}

/** ` -InternalBattery-0 (id=…)	85%; discharging; 4:12 remaining present: true` */
function percentFromPmset(printed: string): number | null {
  return meanOf(
    [...printed.matchAll(/InternalBattery.*?\t(\d{1,3})%/g)].map(([, percent]) => Number(percent)),
  )
}

/** Batteries of mice and headsets are in the folder as well, with the scope `Device` (kernel, sysfs-class-power). */
async function percentFromFolder(folder: string): Promise<number | null> {
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
