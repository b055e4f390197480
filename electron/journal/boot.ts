import { readFileSync } from 'node:fs'
import { uptime } from 'node:os'

/** A new random id for each start of the kernel (docs.kernel.org/admin-guide/sysctl/kernel.html). */
const linuxBootId = '/proc/sys/kernel/random/boot_id'
const timePrefix = 'started '
/** How far the computed times of one start may be apart: a clock is corrected while the computer runs. In ms. */
const toleranceMs = 60_000

interface BootSource {
  readonly readBootId: () => string
  readonly now: () => number
  readonly uptimeSeconds: () => number
}

const computer: BootSource = {
  readBootId: () => readFileSync(linuxBootId, 'utf8'),
  now: Date.now,
  uptimeSeconds: uptime,
}

/** Names the present start of a computer, by its time where the system has no id for it. */
export function readBoot({ readBootId, now, uptimeSeconds }: BootSource): string {
  try {
    const id = readBootId().trim()
    if (id !== '') return id
  } catch {
    // Not on Linux, or hidden from this process.
  }
  return `${timePrefix}${Math.round(now() - uptimeSeconds() * 1000)}`
}

let linuxId: string | null = null

/** The present start of this computer. */
export function currentBoot(): string {
  const boot = linuxId ?? readBoot(computer)
  if (!boot.startsWith(timePrefix)) linuxId = boot
  return boot
}

/**
 * Whether the computer was restarted after the start that this names. Of a time that is later than the present one the
 * clock was set back, and a name of another kind says nothing.
 */
export function isEarlierBoot(boot: string, current = currentBoot()): boolean {
  const [isTime, isCurrentTime] = [boot, current].map((name) => name.startsWith(timePrefix))
  if (isTime !== isCurrentTime) return false
  return isTime ? timeOf(current) - timeOf(boot) > toleranceMs : boot !== current
}

const timeOf = (boot: string) => Number(boot.slice(timePrefix.length))
