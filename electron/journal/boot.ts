import { readFileSync } from 'node:fs'
import { uptime } from 'node:os'

/** A new random id for each boot of the kernel (docs.kernel.org/admin-guide/sysctl/kernel.html). */
const linuxBootId = '/proc/sys/kernel/random/boot_id'
const timePrefix = 'booted at '
/** How far the computed times of one boot may be apart: a clock is corrected while the computer runs. In ms. */
const toleranceMs = 60_000
/** A stored time that differs by more is replaced, long before it seems to be of an earlier boot. In ms. */
const renewalMs = 10_000

interface BootSource {
  readonly readSystemId: () => string
  readonly now: () => number
  readonly uptimeSeconds: () => number
}

const computer: BootSource = {
  readSystemId: () => readFileSync(linuxBootId, 'utf8'),
  now: Date.now,
  uptimeSeconds: uptime,
}

/** Returns what reads the id of the current boot; without one from the system, the time of the boot. */
export function createBootIdReader({ readSystemId, now, uptimeSeconds }: BootSource): () => string {
  let systemId = ''
  try {
    systemId = readSystemId().trim()
  } catch {
    // Not on Linux, or hidden from this process.
  }
  return () => systemId || `${timePrefix}${Math.round(now() - uptimeSeconds() * 1000)}`
}

/** The id of the current boot; without one from the system, the time of the boot. */
export const currentBootId = createBootIdReader(computer)

/**
 * Whether this id is from before the last boot. A later time means that the clock was set back; an id and a time
 * can't be compared.
 */
export function isEarlierBoot(bootId: string, currentId: string): boolean {
  if (isBootTime(bootId) !== isBootTime(currentId)) return false
  return isBootTime(bootId) ? timeOf(currentId) - timeOf(bootId) > toleranceMs : bootId !== currentId
}

/** Whether a stored id still stands for the current boot. A time does not after the clock was set, or has drifted. */
export function isUpToDate(bootId: string, currentId: string): boolean {
  if (!isBootTime(bootId) || !isBootTime(currentId)) return bootId === currentId
  return Math.abs(timeOf(currentId) - timeOf(bootId)) <= renewalMs
}

/** Whether this is the time of a boot, which changes with the clock, and not an id from the system. */
export const isBootTime = (bootId: string) => bootId.startsWith(timePrefix)

const timeOf = (bootId: string) => Number(bootId.slice(timePrefix.length))
