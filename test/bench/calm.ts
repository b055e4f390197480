import { readFile } from 'node:fs/promises'
import { setTimeout as after } from 'node:timers/promises'

/** Above this share of all cores, other programs would distort the measurement. */
const busyShare = 0.15
const intervalMs = 400
const patienceMs = 20_000
/**
 * For all runs together, so that the bench also ends on a machine that is never idle; the report mentions it.
 */
const patienceInAllMs = 120_000

const seen = { looks: 0, busy: 0, waitedMs: 0 }

/** CPU time of the whole machine since boot, in kernel ticks (proc(5), /proc/stat). */
async function ticks(): Promise<{ readonly all: number; readonly idle: number }> {
  const [line = ''] = (await readFile('/proc/stat', 'utf8')).split('\n')
  const [user = 0, nice = 0, system = 0, idle = 0, wait = 0, ...rest] = line
    .trim()
    .split(/\s+/)
    .slice(1)
    .map(Number)
  const others = rest.slice(0, 3).reduce((sum, value) => sum + value, 0)
  return { all: user + nice + system + idle + wait + others, idle: idle + wait }
}

async function shareInUse(): Promise<number> {
  const before = await ticks()
  await after(intervalMs)
  const now = await ticks()
  return 1 - (now.idle - before.idle) / Math.max(1, now.all - before.all)
}

/**
 * Waits a few seconds at most until no other program uses the machine. Call it while no bench program is
 * running.
 */
export async function calm(): Promise<void> {
  const fromMs = performance.now()
  const until = fromMs + Math.min(patienceMs, patienceInAllMs - seen.waitedMs)
  let share = await shareInUse()
  while (share > busyShare && performance.now() < until) share = await shareInUse()
  seen.looks += 1
  seen.waitedMs += performance.now() - fromMs
  if (share > busyShare) seen.busy += 1
}

/** A sentence about how reliable the figures of this process are. */
export function calmness(): string {
  return seen.busy === 0
    ? `Before each of ${seen.looks} runs the machine was idle.`
    : `NOT TO BE TRUSTED: ${seen.busy} of ${seen.looks} runs began while others used more than ${busyShare * 100} % of the machine.`
}
